import { useState, type FormEvent } from "react";
import type { DeviceCard } from "../../core/generated/DeviceCard";
import type { Failure } from "../../state/core";
import { useApp } from "../app/context";
import { Button } from "../parts/button";
import { Dialog } from "../parts/dialog";
import { PasswordField } from "../parts/field";
import { FailureText } from "../parts/messages";
import { ofOwnPassword } from "./own-password";

interface Props {
  readonly device: DeviceCard;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** Revokes another device; the password unseals the key that signs the list of devices. */
export function RevokeDevice({ device, onClose, onDone }: Props) {
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
    const outcome = await client.commands.revokeDevice(device.device_id, password);
    setBusy(false);
    if (!outcome.ok) {
      setFailure(ofOwnPassword(outcome.failure));
      return;
    }
    client.board.notify("status", (t) => t("devices.revoked", { name: device.name }));
    onClose();
    onDone();
  };

  return (
    <Dialog title={t("devices.revoke_title", { name: device.name })} onClose={onClose} keep>
      <form
        noValidate
        onSubmit={(event) => {
          void submit(event);
        }}
      >
        <div className="dialog-body">
          <p>{t("devices.revoke_text")}</p>
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
          <Button type="submit" look="danger" busy={busy}>
            {t(busy ? "devices.revoke_busy" : "devices.revoke_confirm")}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
