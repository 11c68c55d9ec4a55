import { useState, type FormEvent } from "react";
import { failureText } from "../../i18n/codes";
import { MAX_QUICK_REPLIES, MAX_QUICK_REPLY_LEN } from "../../state/limits";
import { useApp, useStore } from "../app/context";
import { Button } from "../parts/button";
import { AreaField } from "../parts/field";
import { useKept } from "../parts/use-kept";

/** One's own short answers, each on a line. */
export function OwnQuickReplies() {
  const { client, t } = useApp();
  const session = useStore(client.session);
  const [text, setText] = useKept(session.state === "signed_in" ? session.quick_replies.join("\n") : "");
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
      <AreaField
        label={t("settings.quick_own")}
        hint={t("settings.quick_own_hint", { max: String(MAX_QUICK_REPLIES) })}
        error={error}
        rows={4}
        dir="auto"
        value={text}
        placeholder={[t("quick.yes"), t("quick.no"), t("quick.thanks"), t("quick.later")].join("\n")}
        onChange={(event) => {
          setText(event.target.value);
          setError(null);
        }}
      />
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
