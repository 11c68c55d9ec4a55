import { useState } from "react";
import type { DeviceCard } from "../../core/generated/DeviceCard";
import { dateText } from "../../i18n/format";
import { useApp } from "../app/context";
import { useAsked } from "../parts/asked";
import { LinkDevice } from "../pairing/link-device";
import { Button } from "../parts/button";
import { FailureText, Loading } from "../parts/messages";
import { Icon } from "../parts/icons";
import { TextPage } from "../rooms/page";
import { RevokeDevice } from "./revoke-device";

/** One's own devices, and the way to revoke one. */
export function Devices() {
  const { client, t } = useApp();
  const [outcome, again] = useAsked(() => client.commands.listDevices());
  const [revoking, setRevoking] = useState<DeviceCard | null>(null);
  const [linking, setLinking] = useState(false);
  return (
    <TextPage title={t("devices.title")} lead={t("devices.lead")}>
      {!outcome && <Loading>{t("devices.loading")}</Loading>}
      {outcome && !outcome.ok && (
        <>
          <FailureText failure={outcome.failure} />
          <Button onClick={again}>{t("common.retry")}</Button>
        </>
      )}
      {outcome?.ok && (
        <ul className="rows card">
          {outcome.value.map((device) => (
            <li key={device.device_id} className="row">
              <Icon name="devices" />
              <div className="row-text">
                <span className="row-title">
                  <bdi>{device.name}</bdi>
                  {device.this_device && <span className="tag">{t("devices.this")}</span>}
                </span>
                <span className="soft">{t("devices.added", { date: dateText(t.locale, device.added_at) })}</span>
              </div>
              {!device.this_device && (
                <Button
                  look="quiet"
                  onClick={() => {
                    setRevoking(device);
                  }}
                >
                  {t("devices.revoke", { name: device.name })}
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      {/* There while the list is asked for anew, too: the dialog gives the focus back to it. */}
      <Button
        onClick={() => {
          setLinking(true);
        }}
      >
        {t("devices.link")}
      </Button>
      {linking && (
        <LinkDevice
          onClose={() => {
            setLinking(false);
          }}
          onDone={again}
        />
      )}
      {revoking && (
        <RevokeDevice
          device={revoking}
          onClose={() => {
            setRevoking(null);
          }}
          onDone={again}
        />
      )}
    </TextPage>
  );
}
