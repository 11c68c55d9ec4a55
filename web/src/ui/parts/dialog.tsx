import { useRef, useState, type ReactNode } from "react";
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import type { Failure } from "../../state/core";
import type { Outcome } from "../../state/outcome";
import { useText } from "../app/context";
import { Button } from "./button";
import { topmost, useEscapeFromNowhere } from "./escape";
import { Icon } from "./icons";
import { FailureText } from "./messages";

interface Props {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  /** `alertdialog` for a question about something that cannot be undone. */
  readonly role?: "dialog" | "alertdialog";
  /** A press outside does not close: there is text that would be lost. */
  readonly keep?: boolean;
  /** As large as the page, for what one reads. */
  readonly wide?: boolean;
}

/** A dialog that takes the focus, gives it back, and closes with Esc. It is open as long as it is drawn. */
export function Dialog({ title, onClose, children, role = "dialog", keep = false, wide = false }: Props) {
  const t = useText();
  const self = useRef<HTMLElement>(null);
  useEscapeFromNowhere(() => self.current !== null && topmost() === self.current, onClose);
  return (
    <ModalOverlay
      className="dialog-overlay"
      isOpen
      isDismissable={!keep}
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
    >
      <Modal className={wide ? "dialog-modal dialog-wide" : "dialog-modal"}>
        <AriaDialog ref={self} className="dialog" role={role}>
          <header className="dialog-header">
            <Heading slot="title">{title}</Heading>
            <button type="button" className="icon-button" aria-label={t("common.close")} onClick={onClose}>
              <Icon name="close" />
            </button>
          </header>
          {children}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

interface FooterProps {
  /** What the button says that sends the form. */
  readonly submit: string;
  readonly busy: boolean;
  readonly onClose: () => void;
  readonly look?: "primary" | "danger";
}

/** The end of a form in a dialog. */
export function FormFooter({ submit, busy, onClose, look = "primary" }: FooterProps) {
  const t = useText();
  return (
    <footer className="dialog-footer">
      <Button onClick={onClose} look="quiet">
        {t("common.cancel")}
      </Button>
      <Button type="submit" look={look} busy={busy}>
        {submit}
      </Button>
    </footer>
  );
}

interface ConfirmProps {
  readonly title: string;
  readonly text: ReactNode;
  readonly confirm: string;
  readonly busyText?: string;
  readonly act: () => Promise<Outcome<unknown>>;
  readonly onClose: () => void;
  readonly onDone?: () => void;
}

/** Asks before something that cannot be undone, does it, and stays open with the reason if it fails. */
export function Confirm({ title, text, confirm, busyText, act, onClose, onDone }: ConfirmProps) {
  const t = useText();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const go = async (): Promise<void> => {
    setBusy(true);
    setFailure(null);
    const outcome = await act();
    setBusy(false);
    if (!outcome.ok) {
      setFailure(outcome.failure);
      return;
    }
    onClose();
    onDone?.();
  };
  return (
    <Dialog title={title} role="alertdialog" onClose={onClose}>
      <div className="dialog-body">{text}</div>
      <FailureText failure={failure} />
      <footer className="dialog-footer">
        <Button onClick={onClose} look="quiet">
          {t("common.cancel")}
        </Button>
        <Button
          look="danger"
          busy={busy}
          onClick={() => {
            void go();
          }}
        >
          {busy && busyText ? busyText : confirm}
        </Button>
      </footer>
    </Dialog>
  );
}
