/** The sounds of calling, made as they are played: no file, no request. */

/** When after the start, how high in hertz, and for how long, all in seconds. */
type Note = readonly [at: number, hertz: number, length: number];

interface Tune {
  readonly notes: readonly Note[];
  readonly everyMs: number;
  /** 0 to 1. */
  readonly loudness: number;
}

const TUNES = {
  /** At whom one calls: two rising pairs, which carry through a room. */
  incoming: {
    notes: [
      [0, 660, 0.22],
      [0.24, 880, 0.36],
      [0.8, 660, 0.22],
      [1.04, 880, 0.36],
    ],
    everyMs: 3_000,
    loudness: 0.25,
  },
  /** For who calls: the tone of a line that rings, soft. */
  outgoing: { notes: [[0, 425, 1]], everyMs: 4_000, loudness: 0.06 },
} as const satisfies Record<string, Tune>;

/** One tab of a browser rings, not all of them. */
const LOCK = "conclave.ring";

const FADE_S = 0.02;

/** Plays a tune over and over, until the returned function is called. */
export function playTones(which: keyof typeof TUNES): () => void {
  if (typeof AudioContext === "undefined") return nothing;
  let stop = nothing;
  let stopped = false;
  const begin = (): void => {
    if (!stopped) stop = repeat(TUNES[which]);
  };
  if ("locks" in navigator) {
    void navigator.locks.request(LOCK, { ifAvailable: true }, (lock) => {
      if (!lock || stopped) return undefined;
      begin();
      const silence = stop;
      return new Promise<void>((release) => {
        stop = () => {
          silence();
          release();
        };
      });
    });
  } else begin();
  return () => {
    stopped = true;
    stop();
  };
}

function nothing(): void {
  // There is no sound to stop.
}

function repeat({ notes, everyMs, loudness }: Tune): () => void {
  const context = new AudioContext();
  const play = (): void => {
    for (const [at, hertz, length] of notes) note(context, context.currentTime + at, hertz, length, loudness);
  };
  play();
  const timer = setInterval(play, everyMs);
  return () => {
    clearInterval(timer);
    void context.close();
  };
}

function note(context: AudioContext, at: number, hertz: number, length: number, loudness: number): void {
  const oscillator = context.createOscillator();
  const gain = context.createGain();
  oscillator.frequency.value = hertz;
  // Without fading every note begins and ends with a click.
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(loudness, at + FADE_S);
  gain.gain.setValueAtTime(loudness, at + length - FADE_S);
  gain.gain.linearRampToValueAtTime(0, at + length);
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(at);
  oscillator.stop(at + length);
}
