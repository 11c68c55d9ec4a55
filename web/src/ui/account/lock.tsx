import { useId, useState } from "react";
import { LOCK_AFTER } from "../../state/preferences";
import { useApp, useStore } from "../app/context";
import { Button } from "../parts/button";
import { Toggle } from "../parts/toggle";
import { PasswordDialog } from "./password-dialog";

/** Whether this browser's store opens without the password, and when it closes again. */
export function LockSettings() {
  const { client, t } = useApp();
  const { lockAfter } = useStore(client.preferences.view);
  const hasLock = useStore(client.hasLock);
  const [wanted, setWanted] = useState<boolean | null>(null);
  const id = useId();
  return (
    <>
      <Toggle
        on={hasLock}
        onChange={(on) => {
          setWanted(on);
        }}
      >
        {t("lock.on")}
      </Toggle>
      <p className="soft">{t("lock.text")}</p>
      {hasLock && (
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
  return (
    <PasswordDialog
      title={t(on ? "lock.on_title" : "lock.off_title")}
      text={t(on ? "lock.on_text" : "lock.off_text")}
      confirm={t(on ? "lock.on_confirm" : "lock.off_confirm")}
      busyText={t("lock.busy")}
      act={(password) => client.commands.setLock(on, password)}
      onClose={onClose}
      onDone={() => {
        client.board.notify("status", (t) => t(on ? "lock.is_on" : "lock.is_off"));
      }}
    />
  );
}
