import type { DeviceCard } from "../../core/generated/DeviceCard";
import { useApp } from "../app/context";
import { PasswordDialog } from "./password-dialog";

interface Props {
  readonly device: DeviceCard;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** Revokes another device; the password unseals the key that signs the list of devices. */
export function RevokeDevice({ device, onClose, onDone }: Props) {
  const { client, t } = useApp();
  return (
    <PasswordDialog
      title={t("devices.revoke_title", { name: device.name })}
      text={t("devices.revoke_text")}
      confirm={t("devices.revoke_confirm")}
      busyText={t("devices.revoke_busy")}
      look="danger"
      act={(password) => client.commands.revokeDevice(device.device_id, password)}
      onClose={onClose}
      onDone={() => {
        client.board.notify("status", (t) => t("devices.revoked", { name: device.name }));
        onDone();
      }}
    />
  );
}
