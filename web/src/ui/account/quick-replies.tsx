import { useId, useState, type FormEvent } from "react";
import { failureText } from "../../i18n/codes";
import { MAX_QUICK_REPLIES, MAX_QUICK_REPLY_LEN } from "../../state/limits";
import { useApp, useStore } from "../app/context";
import { Button } from "../parts/button";
import { Icon } from "../parts/icons";

/** One's own short answers, each on a line. */
export function OwnQuickReplies() {
  const { client } = useApp();
  const session = useStore(client.session);
  const kept = session.state === "signed_in" ? session.quick_replies.join("\n") : "";
  // Anew where another own device changed them.
  return <Lines key={kept} kept={kept} />;
}

function Lines({ kept }: { readonly kept: string }) {
  const { client, t } = useApp();
  const id = useId();
  const [text, setText] = useState(kept);
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  const lines = text.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  const problem = (): string | null => {
    if (lines.length > MAX_QUICK_REPLIES) return t("settings.quick_too_many", { max: String(MAX_QUICK_REPLIES) });
    const long = lines.find((line) => lengthOf(line) > MAX_QUICK_REPLY_LEN);
    if (long === undefined) return null;
    return t("settings.quick_too_long", { max: String(MAX_QUICK_REPLY_LEN), line: long, count: lengthOf(long) - MAX_QUICK_REPLY_LEN });
  };
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const wrong = problem();
    setError(wrong);
    if (busy || wrong) return;
    setBusy(true);
    const outcome = await client.commands.setQuickReplies(lines);
    setBusy(false);
    if (!outcome.ok) return setError(failureText(t, outcome.failure));
    setText(lines.join("\n"));
    client.board.notify("status", (t) => t("settings.quick_saved"));
  };

  return (
    <form
      noValidate
      onSubmit={(event) => {
        void submit(event);
      }}
    >
      <div className="field">
        <label htmlFor={id}>{t("settings.quick_own")}</label>
        <div className="field-box">
          <textarea
            id={id}
            rows={4}
            dir="auto"
            value={text}
            placeholder={[t("quick.yes"), t("quick.no"), t("quick.thanks"), t("quick.later")].join("\n")}
            aria-invalid={error ? true : undefined}
            aria-describedby={error ? `${id}-error ${id}-hint` : `${id}-hint`}
            onChange={(event) => {
              setText(event.target.value);
              setError(null);
            }}
          />
        </div>
        {error && (
          <p className="field-error" id={`${id}-error`} role="alert">
            <Icon name="alert" size={16} />
            {error}
          </p>
        )}
        <p className="field-hint" id={`${id}-hint`}>
          {t("settings.quick_own_hint", { max: String(MAX_QUICK_REPLIES) })}
        </p>
      </div>
      <Button type="submit" busy={busy}>
        {t("settings.quick_save")}
      </Button>
    </form>
  );
}

/** In characters, as the core counts. */
function lengthOf(line: string): number {
  return Array.from(line).length;
}
