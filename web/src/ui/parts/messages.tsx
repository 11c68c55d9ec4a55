import type { ReactNode } from "react";
import { failureText } from "../../i18n/codes";
import type { Failure } from "../../state/core";
import { useText } from "../app/context";
import { Icon, type IconName } from "./icons";

/** Why something failed, announced at once; nothing when it did not. */
export function FailureText({ failure }: { readonly failure: Failure | null }) {
  const t = useText();
  return failure && <ErrorText>{failureText(t, failure)}</ErrorText>;
}

/** A text about something that went wrong, announced at once. */
export function ErrorText({ children }: { readonly children: ReactNode }) {
  return (
    <div className="note note-error" role="alert">
      <Icon name="alert" />
      <p>{children}</p>
    </div>
  );
}

/** A text that should be read, without an announcement. */
export function Note({ tone, icon, children }: { readonly tone: "info" | "warning"; readonly icon?: IconName; readonly children: ReactNode }) {
  return (
    <div className={`note note-${tone}`}>
      <Icon name={icon ?? (tone === "warning" ? "alert" : "info")} />
      <div>{children}</div>
    </div>
  );
}

/** Stands where there is nothing to show, and says why. */
export function Empty({ title, children, icon, level = 2 }: { readonly title: string; readonly children?: ReactNode; readonly icon?: IconName; readonly level?: 1 | 2 }) {
  const Heading = level === 1 ? "h1" : "h2";
  return (
    <div className="empty">
      {icon && (
        <span className="empty-mark">
          <Icon name={icon} size={28} />
        </span>
      )}
      <Heading>{title}</Heading>
      {children}
    </div>
  );
}

/** Says that something is on the way. */
export function Loading({ children }: { readonly children: ReactNode }) {
  return (
    <div className="loading">
      <span className="spinner" aria-hidden="true" />
      <p>{children}</p>
    </div>
  );
}
