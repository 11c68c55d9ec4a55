import type { ReactNode } from "react";
import { Switch } from "react-aria-components";

/** Something that is on or off. */
export function Toggle({ on, onChange, children }: { readonly on: boolean; readonly onChange: (on: boolean) => void; readonly children: ReactNode }) {
  return (
    <Switch className="switch" isSelected={on} onChange={onChange}>
      <span className="switch-track" aria-hidden="true">
        <span className="switch-thumb" />
      </span>
      {children}
    </Switch>
  );
}
