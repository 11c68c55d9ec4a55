import { useEffect, useRef } from "react";
import { useApp } from "../app/context";

/** How often a screen reader's value is renewed; the bar moves with every frame. */
const SPOKEN_STEP_MS = 500;

/** Loudness of one's own microphone. */
export function LevelMeter() {
  const { media, t } = useApp();
  const meter = useRef<HTMLDivElement>(null);
  const bar = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    let frame = 0;
    let spoken = 0;
    const draw = (now: number): void => {
      const level = Math.min(1, Math.max(0, media.level()));
      if (bar.current) bar.current.style.transform = `scaleX(${level.toFixed(3)})`;
      if (now - spoken > SPOKEN_STEP_MS) {
        spoken = now;
        meter.current?.setAttribute("aria-valuenow", String(Math.round(level * 100)));
      }
      frame = requestAnimationFrame(draw);
    };
    frame = requestAnimationFrame(draw);
    return () => {
      cancelAnimationFrame(frame);
    };
  }, [media]);
  return (
    <div ref={meter} className="level" role="meter" aria-label={t("prejoin.level")} aria-valuemin={0} aria-valuemax={100} aria-valuenow={0}>
      <span ref={bar} className="level-bar" />
    </div>
  );
}
