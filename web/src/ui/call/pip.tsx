import { useEffect, type RefObject } from "react";
import { createPortal } from "react-dom";
import type { Tile } from "../../state/tiles";
import { useApp } from "../app/context";
import { Icon, type IconName } from "../parts/icons";
import type { CallActions } from "./actions";
import { CallTile } from "./tile";
import { useMedia } from "./use-media";
import type { Pip } from "./use-pip";

interface Props {
  readonly pip: Pip;
  /** Whom to show: who has the stage or the floor, else oneself. */
  readonly tile: Tile | null;
  readonly actions: CallActions;
}

/** What stands in the small window. */
export function PictureInPicture({ pip, tile, actions }: Props) {
  if (pip.kind === "video") return <PipVideo video={pip.video} stream={tile?.stream ?? null} />;
  if (!pip.window) return null;
  // A second element on the same stream: the one in the page goes on, whatever happens to the window.
  return createPortal(<PipCall tile={tile} actions={actions} />, pip.window.document.body);
}

function PipCall({ tile, actions }: Omit<Props, "pip">) {
  const { t } = useApp();
  const { microphone, camera } = useMedia();
  return (
    <main className="pip">
      <div className="pip-picture">{tile && <CallTile tile={tile} />}</div>
      <div className="pip-controls" role="toolbar" aria-label={t("call.controls")}>
        <PipButton
          icon={microphone ? "microphone" : "microphone_off"}
          label={t(microphone ? "call.mute" : "call.unmute")}
          look={microphone ? "" : "control-off"}
          onPress={actions.microphone}
        />
        <PipButton
          icon={camera ? "camera" : "camera_off"}
          label={t(camera ? "call.camera_off" : "call.camera_on")}
          look={camera ? "" : "control-off"}
          onPress={actions.camera}
        />
        <PipButton icon="leave" label={t("call.leave")} look="control-leave" onPress={actions.leave} />
      </div>
    </main>
  );
}

interface ButtonProps {
  readonly icon: IconName;
  readonly label: string;
  readonly look: string;
  readonly onPress: () => void;
}

/** With the browser's own tooltip: those of the page stand in the page. */
function PipButton({ icon, label, look, onPress }: ButtonProps) {
  return (
    <button type="button" className={`icon-button control ${look}`} aria-label={label} title={label} onClick={onPress}>
      <Icon name={icon} />
    </button>
  );
}

/** A video that nobody sees in the page; the browser shows it in its window. It keeps its element when others speak. */
function PipVideo({ video, stream }: { readonly video: RefObject<HTMLVideoElement | null>; readonly stream: MediaStream | null }) {
  useEffect(() => {
    const { current } = video;
    // Without a picture the last one stays: an element without a source would close the window.
    if (!current || !stream) return;
    current.srcObject = stream;
    current.play().catch(() => undefined);
  }, [video, stream]);
  useEffect(() => {
    const { current } = video;
    return () => {
      if (current) current.srcObject = null;
    };
  }, [video]);
  return <video ref={video} className="pip-source" autoPlay playsInline muted aria-hidden="true" tabIndex={-1} />;
}
