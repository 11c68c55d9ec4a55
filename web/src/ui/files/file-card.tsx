import type { ReactNode } from "react";
import { sizeText } from "../../i18n/format";
import type { Progress } from "../../files/wire";
import type { Failure } from "../../state/core";
import type { Readable } from "../../state/observable";
import { useStore, useText } from "../app/context";
import { IconButton } from "../parts/button";
import { Icon, type IconName } from "../parts/icons";
import { FailureText } from "../parts/messages";

interface CardProps {
  readonly name: string;
  /** Null where it is said elsewhere. */
  readonly size: number | null;
  /** What else there is to say. */
  readonly note?: string;
  readonly mark?: IconName;
  /** Buttons. */
  readonly children?: ReactNode;
  /** Under the name and the buttons, over the whole width. */
  readonly foot?: ReactNode;
}

/** A file by its name and size. */
export function FileCard({ name, size, note, mark = "file", children, foot }: CardProps) {
  const t = useText();
  return (
    <div className="file-card" role="group" aria-label={name}>
      <span className="file-mark">
        <Icon name={mark} />
      </span>
      <div className="file-about">
        <bdi className="file-name" title={name}>
          {name}
        </bdi>
        {size !== null && <span className="file-size">{note === undefined ? sizeText(t.locale, size) : `${sizeText(t.locale, size)} · ${note}`}</span>}
      </div>
      {children}
      <div className="file-foot">{foot}</div>
    </div>
  );
}

interface TransferProps {
  /** For screen readers: what moves. */
  readonly label: string;
  readonly progress: Readable<Progress>;
}

/** How far a transfer is, and whether it waits. */
export function TransferProgress({ label, progress }: TransferProps) {
  const t = useText();
  const { done, total, state } = useStore(progress);
  const text =
    state === "running"
      ? t("files.progress", { done: sizeText(t.locale, done), total: sizeText(t.locale, total) })
      : t(state === "waiting" ? "files.waiting" : "files.checking");
  return (
    <div className="file-progress">
      <progress aria-label={label} max={Math.max(total, 1)} value={done} />
      <span>{text}</span>
    </div>
  );
}

interface StoppedProps {
  readonly failure: Failure;
  readonly onRetry: () => void;
}

/** Why a transfer ended, and the way to try again. */
export function TransferStopped({ failure, onRetry }: StoppedProps) {
  const t = useText();
  return (
    <div className="file-stopped">
      <FailureText failure={failure} />
      <button type="button" className="text-button" onClick={onRetry}>
        {t("common.retry")}
      </button>
    </div>
  );
}

/** Ends a transfer. */
export function CancelTransfer({ name, onCancel }: { readonly name: string; readonly onCancel: () => void }) {
  const t = useText();
  return <IconButton icon="close" label={t("files.cancel", { name })} onClick={onCancel} />;
}
