import { useState } from "react";

/** What one types in the place of what is kept elsewhere: it follows that for as long as one changed nothing. */
export function useKept(kept: string): [string, (text: string) => void] {
  const [known, setKnown] = useState(kept);
  const [text, setText] = useState(kept);
  if (kept !== known) {
    setKnown(kept);
    if (text === known) setText(kept);
  }
  return [text, setText];
}
