import { Focusable, Tooltip, TooltipTrigger } from "react-aria-components";
import type { ButtonHTMLAttributes, ReactNode } from "react";
import { Icon, type IconName } from "./icons";

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly look?: "primary" | "plain" | "quiet" | "danger";
  readonly icon?: IconName;
  /** Work is going on: the button cannot be pressed again, and says so. */
  readonly busy?: boolean;
  readonly children: ReactNode;
}

/** A button with words. While busy it keeps the focus, so that nobody loses the place. */
export function Button({ look = "plain", icon, busy = false, children, className, onClick, type, ...rest }: Props) {
  return (
    <button
      {...rest}
      type={type ?? "button"}
      className={`button button-${look} ${className ?? ""}`}
      aria-disabled={busy || rest["aria-disabled"]}
      onClick={(event) => {
        if (busy) event.preventDefault();
        else onClick?.(event);
      }}
    >
      {busy ? <span className="spinner" aria-hidden="true" /> : icon && <Icon name={icon} />}
      <span>{children}</span>
    </button>
  );
}

/** Id of the element that holds the tooltips. */
export const TOOLTIPS = "tooltips";

interface IconButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "aria-label" | "children"> {
  readonly icon: IconName;
  /** The accessible name, shown as the tooltip. */
  readonly label: string;
  /** Tooltip, if it says more than the name. */
  readonly hint?: string;
}

/** A button with an icon alone; its name shows on hover and on focus. */
export function IconButton({ icon, label, hint, className, ...rest }: IconButtonProps) {
  return (
    <TooltipTrigger delay={500} closeDelay={100}>
      <Focusable>
        <button {...rest} type="button" className={`icon-button ${className ?? ""}`} aria-label={label}>
          <Icon name={icon} />
        </button>
      </Focusable>
      <Tooltip className="tooltip" offset={8} UNSTABLE_portalContainer={document.getElementById(TOOLTIPS) ?? document.body}>
        {hint ?? label}
      </Tooltip>
    </TooltipTrigger>
  );
}
