import { createContext, useContext, useEffect, useRef, useState } from "react";
import { statisticsOf, type Quality, type Reading, type Statistics } from "../../state/statistics";
import { useApp } from "../app/context";

/** Often enough to see a change as it happens; more often would cost what it measures. */
export const READ_EVERY_MS = 2_000;

/** What is measured of the call, renewed every two seconds; nothing before the first look. */
export function useStatistics(): Statistics | null {
  const { media } = useApp();
  const before = useRef<Reading | null>(null);
  const [statistics, setStatistics] = useState<Statistics | null>(null);
  useEffect(() => {
    let over = false;
    const look = async (): Promise<void> => {
      const reading = await media.reading();
      if (over || !reading) return;
      setStatistics(statisticsOf(before.current, reading));
      before.current = reading;
    };
    const timer = setInterval(() => void look(), READ_EVERY_MS);
    void look();
    return () => {
      over = true;
      clearInterval(timer);
    };
  }, [media]);
  return statistics;
}

/** How well the participants come in, by leaf. */
export const Qualities = createContext<ReadonlyMap<number, Quality>>(new Map());

export function useQuality(leaf: number): Quality | null {
  return useContext(Qualities).get(leaf) ?? null;
}
