import { useApp } from "../app/context";
import { Button } from "../parts/button";
import { Toggle } from "../parts/toggle";
import { DevicePicker } from "./device-picker";
import { useMedia } from "./use-media";

/** All that one chooses of microphone, camera and speaker, before a call and in it. */
export function DeviceChoices() {
  const { media, t } = useApp();
  return (
    <div className="picker-lines">
      <DevicePicker kind="microphone" />
      <NoiseSuppression />
      <DevicePicker kind="camera" />
      <BackgroundBlur />
      <DevicePicker kind="speaker" />
      <Button
        look="quiet"
        icon="speaker"
        onClick={() => {
          void media.playTestSound();
        }}
      >
        {t("prejoin.test")}
      </Button>
    </div>
  );
}

function NoiseSuppression() {
  const { media, t } = useApp();
  const { noiseSuppression } = useMedia();
  if (noiseSuppression === null) return null;
  return (
    <Toggle
      on={noiseSuppression}
      onChange={(on) => {
        void media.setNoiseSuppression(on);
      }}
    >
      {t("prejoin.noise_suppression")}
    </Toggle>
  );
}

function BackgroundBlur() {
  const { media, t } = useApp();
  const { backgroundBlur } = useMedia();
  if (backgroundBlur === null) return null;
  return (
    <Toggle
      on={backgroundBlur}
      onChange={(on) => {
        void media.setBackgroundBlur(on);
      }}
    >
      {t("prejoin.background_blur")}
    </Toggle>
  );
}
