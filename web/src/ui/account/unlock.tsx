import { useRef, useState, type FormEvent } from "react";
import type { Failure } from "../../state/core";
import type { Outcome } from "../../state/outcome";
import { useApp } from "../app/context";
import { useTitle } from "../app/title";
import { Button } from "../parts/button";
import { Confirm } from "../parts/dialog";
import { PasswordField } from "../parts/field";
import { FailureText } from "../parts/messages";
import { Front } from "./front";
import { ofOwnPassword } from "./own-password";

/** The store that was locked a moment ago is still being closed: how often it is tried again, and after what. */
const TRIES = 20;
const WAIT_MS = 250;
const CLOSING: ReadonlySet<string> = new Set(["not_ready", "core_failed"]);

async function onceClosed(act: () => Promise<Outcome<undefined>>): Promise<Outcome<undefined>> {
  for (let tries = 1; ; tries++) {
    const outcome = await act();
    if (outcome.ok || !CLOSING.has(outcome.failure.code) || tries >= TRIES) return outcome;
    await new Promise((again) => setTimeout(again, WAIT_MS));
  }
}

/** What one sees of a browser whose store is locked: nothing but where the password goes, and the way out without it. */
export function Unlock() {
  const { client, t } = useApp();
  const [password, setPassword] = useState("");
  const [failure, setFailure] = useState<Failure | null>(null);
  const [missing, setMissing] = useState(false);
  const [busy, setBusy] = useState(false);
  const [erasing, setErasing] = useState(false);
  const box = useRef<HTMLInputElement>(null);
  useTitle(t("lock.title"));

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (busy) return;
    setMissing(password === "");
    setFailure(null);
    if (password === "") {
      box.current?.focus();
      return;
    }
    setBusy(true);
    const outcome = await onceClosed(() => client.commands.unlock(password));
    setBusy(false);
    if (outcome.ok) return;
    setFailure(ofOwnPassword(outcome.failure));
    setPassword("");
    box.current?.focus();
  };

  return (
    <Front>
      <h1>{t("lock.title")}</h1>
      <p className="lead">{t("lock.lead")}</p>
      <form
        noValidate
        onSubmit={(event) => {
          void submit(event);
        }}
      >
        <PasswordField
          ref={box}
          autoFocus
          label={t("sign_in.password")}
          name="password"
          autoComplete="current-password"
          value={password}
          error={missing ? t("sign_in.password_missing") : null}
          onChange={(event) => {
            setPassword(event.target.value);
          }}
        />
        <FailureText failure={failure} />
        <Button type="submit" look="primary" className="wide" busy={busy}>
          {t(busy ? "lock.unlocking" : "lock.unlock")}
        </Button>
      </form>
      <p className="front-aside">
        <Button
          look="quiet"
          onClick={() => {
            setErasing(true);
          }}
        >
          {t("lock.forgot")}
        </Button>
      </p>
      {erasing && (
        <Confirm
          title={t("lock.erase_title")}
          text={<p>{t("lock.erase_text")}</p>}
          confirm={t("lock.erase")}
          act={() => onceClosed(() => client.commands.signOut())}
          onClose={() => {
            setErasing(false);
          }}
        />
      )}
    </Front>
  );
}
