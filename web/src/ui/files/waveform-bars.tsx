interface Props {
  readonly waveform: Uint8Array;
  /** How much of it was heard, 0 to 1. */
  readonly heard: number;
}

/** Silence still is a line. */
const LEAST = 0.06;

/** Loudness over time, as bars. Decoration: the slider over it has the words. */
export function WaveformBars({ waveform, heard }: Props) {
  const { length } = waveform;
  return (
    <svg className="waveform" viewBox={`0 0 ${String(length * 4)} 32`} preserveAspectRatio="none" aria-hidden="true">
      {Array.from(waveform, (level, index) => {
        const height = Math.max(LEAST, level / 255) * 32;
        const past = (index + 0.5) / length <= heard;
        return <rect key={index} className={past ? "waveform-heard" : ""} x={index * 4 + 0.75} y={(32 - height) / 2} width={2.5} height={height} rx={1.25} />;
      })}
    </svg>
  );
}
