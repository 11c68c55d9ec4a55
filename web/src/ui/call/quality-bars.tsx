import type { Quality } from "../../state/statistics";
import { useApp } from "../app/context";

const BARS = { good: 3, fair: 2, poor: 1 } as const satisfies Record<Quality, number>;

/** How well a connection goes: bars, and the same in words. */
export function QualityBars({ quality, words = false }: { readonly quality: Quality; readonly words?: boolean }) {
  const { t } = useApp();
  const text = t(`quality.${quality}`);
  return (
    <span className={`quality quality-${quality}`} title={text}>
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
        {[1, 2, 3].map((bar) => (
          <rect key={bar} x={bar * 5 - 4} y={14 - bar * 4} width="3.4" height={bar * 4} rx="1" opacity={bar <= BARS[quality] ? 1 : 0.3} />
        ))}
      </svg>
      <span className={words ? undefined : "visually-hidden"}>{text}</span>
    </span>
  );
}
