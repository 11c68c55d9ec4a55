import { useId, useState, type FormEvent } from "react";
import type { Failure } from "../../state/core";
import { LOCK_AFTER } from "../../state/preferences";
import { useApp, useStore } from "../app/context";
import { Button } from "../parts/button";
import { Dialog } from "../parts/dialog";
import { PasswordField } from "../parts/field";
import { FailureText } from "../parts/messages";
import { Toggle } from "../parts/toggle";
import { ofOwnPassword } from "./own-password";

/** Whether this browser's store opens without the password, and when it closes again. */
export function LockSettings() {
  const { client, t } = useApp();
  const { locks, lockAfter } = useStore(client.preferences.view);
  const [wanted, setWanted] = useState<boolean | null>(null);
  const id = useId();
  return (
    <>
      <Toggle
        on={locks}
        onChange={(on) => {
          setWanted(on);
        }}
      >
        {t("lock.on")}
      </Toggle>
      <p className="soft">{t("lock.text")}</p>
      {locks && (
        <>
          <div className="picker-line">
            <label htmlFor={id}>{t("lock.after")}</label>
            <select
              id={id}
              value={lockAfter}
              onChange={(event) => {
                const minutes = Number(event.target.value);
                client.preferences.setLockAfter(LOCK_AFTER.find((choice) => choice === minutes) ?? lockAfter);
              }}
            >
              {LOCK_AFTER.map((minutes) => (
                <option key={minutes} value={minutes}>
                  {minutes === 0 ? t("lock.after_closing") : t("lock.after_minutes", { count: minutes })}
                </option>
              ))}
            </select>
          </div>
          <div className="panel-actions">
            <Button
              onClick={() => {
                client.lock();
              }}
            >
              {t("lock.now")}
            </Button>
          </div>
        </>
      )}
      {wanted !== null && (
        <ChangeLock
          on={wanted}
          onClose={() => {
            setWanted(null);
          }}
        />
      )}
    </>
  );
}

/** The account's password: so that nobody locks themselves out, and no passer-by takes the lock away. */
function ChangeLock({ on, onClose }: { readonly on: boolean; readonly onClose: () => void }) {
  const { client, t } = useApp();
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
    const outcome = await client.commands.setLock(on, password);
    setBusy(false);
    if (!outcome.ok) {
      setFailure(ofOwnPassword(outcome.failure));
      return;
    }
    client.preferences.setLocks(on);
    client.board.notify("status", (t) => t(on ? "lock.is_on" : "lock.is_off"));
    onClose();
  };

  return (
    <Dialog title={t(on ? "lock.on_title" : "lock.off_title")} onClose={onClose} keep>
      <form
        noValidate
        onSubmit={(event) => {
          void submit(event);
        }}
      >
        <div className="dialog-body">
          <p>{t(on ? "lock.on_text" : "lock.off_text")}</p>
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
        <footer className="dialog-footer">
          <Button onClick={onClose} look="quiet">
            {t("common.cancel")}
          </Button>
          <Button type="submit" look="primary" busy={busy}>
            {t(busy ? "lock.busy" : on ? "lock.on_confirm" : "lock.off_confirm")}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
