import { useId, type ReactNode } from "react";
import { Switch } from "react-aria-components";

interface Props {
  readonly on: boolean;
  readonly onChange: (on: boolean) => void;
  readonly children: ReactNode;
}

/** Something that is on or off. */
export function Toggle({ on, onChange, children }: Props) {
  return (
    <Switch className="switch" isSelected={on} onChange={onChange}>
      <Track />
      {children}
    </Switch>
  );
}

/** Something that cannot be on here, and why. */
export function ImpossibleToggle({ why, children }: { readonly why: string; readonly children: ReactNode }) {
  const id = useId();
  return (
    <>
      <Switch className="switch" isSelected={false} isDisabled aria-describedby={id}>
        <Track />
        {children}
      </Switch>
      <p className="soft" id={id}>
        {why}
      </p>
    </>
  );
}

function Track() {
  return (
    <span className="switch-track" aria-hidden="true">
      <span className="switch-thumb" />
    </span>
  );
}
