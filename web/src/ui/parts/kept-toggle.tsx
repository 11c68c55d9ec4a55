import { useState, type ReactNode } from "react";
import type { Failure } from "../../state/core";
import type { Outcome } from "../../state/outcome";
import { FailureText } from "./messages";
import { Toggle } from "./toggle";

interface Props {
  readonly on: boolean;
  readonly set: (on: boolean) => Promise<Outcome<unknown>>;
  readonly children: ReactNode;
}

/** A switch that the core keeps: it shows what was chosen until the core says so, and why it was not taken. */
export function KeptToggle({ on, set, children }: Props) {
  const [chosen, setChosen] = useState<boolean | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const choose = async (on: boolean): Promise<void> => {
    setChosen(on);
    setFailure(null);
    const outcome = await set(on);
    setChosen(null);
    if (!outcome.ok) setFailure(outcome.failure);
  };
  return (
    <>
      <Toggle on={chosen ?? on} onChange={(on) => void choose(on)}>
        {children}
      </Toggle>
      <FailureText failure={failure} />
    </>
  );
}
