/** Whether a video was watched: B1 wants it played to its end before somebody says that they know the person in it. */

/** Spans that were played, in seconds; what `TimeRanges` tells. */
export interface Spans {
  readonly length: number;
  start(index: number): number;
  end(index: number): number;
}

/** What may be missing: browsers begin and end a little beside the first and the last frame. */
const TOLERANCE_S = 0.5;

/** Whether everything up to `end` was played: jumping over what lies between is not watching. */
export function wasWatched(played: Spans, end: number): boolean {
  let seen = 0;
  for (let index = 0; index < played.length; index += 1) seen += played.end(index) - played.start(index);
  return end > 0 && seen >= end - Math.min(TOLERANCE_S, end / 2);
}
