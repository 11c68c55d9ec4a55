import { useState, type FormEvent } from "react";
import type { Failure } from "../../state/core";
import type { Outcome } from "../../state/outcome";
import { useText } from "../app/context";
import { Dialog, FormFooter } from "../parts/dialog";
import { PasswordField } from "../parts/field";
import { FailureText } from "../parts/messages";
import { ofOwnPassword } from "./own-password";

interface Props {
  readonly title: string;
  readonly text: string;
  readonly confirm: string;
  /** The button while it is being done. */
  readonly busyText: string;
  readonly look?: "primary" | "danger";
  readonly act: (password: string) => Promise<Outcome<undefined>>;
  /** It worked; the dialog closes by itself. */
  readonly onDone: () => void;
  readonly onClose: () => void;
}

/** Asks for the password of the account for one thing, and stays open until that works or is given up. */
export function PasswordDialog({ title, text, confirm, busyText, look = "primary", act, onDone, onClose }: Props) {
  const t = useText();
  const [password, setPassword] = useState("");
  const [failure, setFailure] = useState<Failure | null>(null);
  const [missing, setMissing] = useState(false);
  const [busy, setBusy] = useState(false);

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (busy) return;
    setMissing(password === "");
    if (password === "") return;
    setBusy(true);
    setFailure(null);
    const outcome = await act(password);
    setBusy(false);
    if (!outcome.ok) {
      setFailure(ofOwnPassword(outcome.failure));
      return;
    }
    onClose();
    onDone();
  };

  return (
    <Dialog title={title} onClose={onClose} keep>
      <form
        noValidate
        onSubmit={(event) => {
          void submit(event);
        }}
      >
        <div className="dialog-body">
          <p>{text}</p>
          <PasswordField
            autoFocus
            label={t("sign_in.password")}
            autoComplete="current-password"
            value={password}
            error={missing ? t("sign_in.password_missing") : null}
            onChange={(event) => {
              setPassword(event.target.value);
            }}
          />
          <FailureText failure={failure} />
        </div>
        <FormFooter submit={busy ? busyText : confirm} busy={busy} onClose={onClose} look={look} />
      </form>
    </Dialog>
  );
}
