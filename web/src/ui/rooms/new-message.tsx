import { useRef, useState, type FormEvent } from "react";
import { failureText } from "../../i18n/codes";
import { looksLikeEmail, normalEmail } from "../../state/email";
import { useApp, useMe } from "../app/context";
import { Dialog, FormFooter } from "../parts/dialog";
import { Field } from "../parts/field";

/** Opens the direct room with one person. */
export function NewMessage({ onClose }: { readonly onClose: () => void }) {
  const { client, navigator, t } = useApp();
  const me = useMe();
  const [email, setEmail] = useState("");
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const box = useRef<HTMLInputElement>(null);

  const problem = (): string | null => {
    if (email.trim() === "") return t("sign_in.email_missing");
    if (!looksLikeEmail(email)) return t("sign_in.email_malformed");
    return normalEmail(email) === me?.email ? t("new_message.self") : null;
  };

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (busy) return;
    const wrong = problem();
    setError(wrong);
    if (!wrong) {
      setBusy(true);
      const outcome = await client.commands.openDirect(email);
      if (outcome.ok) {
        onClose();
        navigator.go({ page: "room", roomId: outcome.value.room_id });
        return;
      }
      setBusy(false);
      setError(failureText(t, { code: outcome.failure.code, params: { ...outcome.failure.params, email: email.trim() } }));
    }
    box.current?.focus();
  };

  return (
    <Dialog title={t("new_message.title")} onClose={onClose}>
      <form
        noValidate
        onSubmit={(event) => {
          void submit(event);
        }}
      >
        <div className="dialog-body">
          <Field
            ref={box}
            autoFocus
            type="email"
            label={t("new_message.to")}
            hint={t("new_message.hint")}
            value={email}
            error={error}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            onChange={(event) => {
              setEmail(event.target.value);
            }}
          />
        </div>
        <FormFooter submit={t(busy ? "new_message.busy" : "new_message.submit")} busy={busy} onClose={onClose} />
      </form>
    </Dialog>
  );
}
