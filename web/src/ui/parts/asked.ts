import { useEffect, useState } from "react";
import type { Outcome } from "../../state/outcome";

/** What a question to the core gave: nothing while it is on the way. The second value asks again. */
export function useAsked<T>(ask: () => Promise<Outcome<T>>): [outcome: Outcome<T> | null, again: () => void] {
  const [outcome, setOutcome] = useState<Outcome<T> | null>(null);
  const [attempt, setAttempt] = useState(0);
  const [question] = useState(() => ask);
  useEffect(() => {
    let current = true;
    void question().then((answer) => {
      // An answer that comes after a newer question, or after the view is gone, is nobody's.
      if (current && attempt >= 0) setOutcome(answer);
    });
    return () => {
      current = false;
    };
  }, [question, attempt]);
  const again = (): void => {
    setOutcome(null);
    setAttempt(attempt + 1);
  };
  return [outcome, again];
}
