import { useApp } from "../app/context";
import { Dialog } from "../parts/dialog";
import { DeviceChoices } from "./device-choices";

/** Other devices within a call. */
export function DevicesDialog({ onClose }: { readonly onClose: () => void }) {
  const { t } = useApp();
  return (
    <Dialog title={t("call.devices")} onClose={onClose}>
      <div className="dialog-body">
        <DeviceChoices />
      </div>
    </Dialog>
  );
}
