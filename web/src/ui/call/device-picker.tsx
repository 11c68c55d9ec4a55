import { useId } from "react";
import type { DeviceKind } from "../../state/media";
import { useApp } from "../app/context";
import { Icon, type IconName } from "../parts/icons";
import { useMedia } from "./use-media";

const ICON = { microphone: "microphone", camera: "camera", speaker: "speaker" } as const satisfies Record<DeviceKind, IconName>;

/** Chooses a device; a native select, which every phone and screen reader knows as a combobox. */
export function DevicePicker({ kind }: { readonly kind: DeviceKind }) {
  const { media, t } = useApp();
  const { devices, chosen, canChooseSpeaker } = useMedia();
  const id = useId();
  const choices = devices?.[kind] ?? [];
  const fixed = kind === "speaker" && !canChooseSpeaker;
  return (
    <div className="picker-line">
      <label htmlFor={id}>
        <Icon name={ICON[kind]} />
        <span>{t(`prejoin.${kind}`)}</span>
      </label>
      <select
        id={id}
        value={chosen[kind]}
        disabled={fixed || choices.length === 0}
        onChange={(event) => {
          void media.chooseDevice(kind, event.target.value);
        }}
      >
        {(fixed || choices.length === 0 || !choices.some((device) => device.id === chosen[kind])) && (
          <option value={chosen[kind]}>{t(nothingText())}</option>
        )}
        {!fixed &&
          choices.map((device, index) => (
            <option key={device.id} value={device.id}>
              {device.label === ""
                ? t("prejoin.device_unnamed", { kind: t(`media.kind.${kind}`), number: String(index + 1) })
                : device.label}
            </option>
          ))}
      </select>
    </div>
  );

  function nothingText(): "prejoin.speaker_fixed" | "prejoin.device_looking" | "prejoin.device_none" | "prejoin.device_default" {
    if (fixed) return "prejoin.speaker_fixed";
    if (devices === null) return "prejoin.device_looking";
    return choices.length === 0 ? "prejoin.device_none" : "prejoin.device_default";
  }
}
