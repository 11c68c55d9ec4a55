import { useRef, useState } from "react";
import type { CallView } from "../../core/generated/CallView";
import type { RoomView } from "../../core/generated/RoomView";
import { durationText } from "../../i18n/format";
import type { MediaConnection } from "../../state/media";
import type { Quality } from "../../state/statistics";
import { pictured } from "../../state/layout";
import { tilesOf } from "../../state/tiles";
import { useApp, useGuest } from "../app/context";
import { Link } from "../app/link";
import { useTitle } from "../app/title";
import { useTones } from "../ring/use-tones";
import { Button } from "../parts/button";
import { Icon } from "../parts/icons";
import { useMatches } from "../parts/matches";
import { useNow } from "../parts/now";
import { useCallTitle, useRoomTitle } from "../parts/room-title";
import type { CallActions } from "./actions";
import { AskedOfMe } from "./asked";
import { ChatPanel } from "./chat-panel";
import { useCallAnnouncements, useWakeLock } from "./effects";
import { DevicesDialog } from "./devices-dialog";
import { EncryptionPanel } from "./encryption-panel";
import { useFullScreen } from "./full-screen";
import { useCallKeyboard } from "./keyboard";
import { KeysDialog } from "./keys-dialog";
import { EndCall } from "./leave-menu";
import { LobbyNotice } from "./lobby";
import { useMediaKeys } from "./media-keys";
import { PeoplePanel } from "./people-panel";
import { PictureInPicture } from "./pip";
import { Problems } from "./problems";
import { StrangersNotice } from "./strangers";
import { useSaidAnnouncements } from "./said-announcements";
import { Stage } from "./stage";
import { StatisticsPanel } from "./statistics-panel";
import { CallToolbar } from "./toolbar";
import { useLayout } from "./use-layout";
import { useMedia } from "./use-media";
import { usePip } from "./use-pip";
import { Qualities, useStatistics } from "./use-statistics";

/** Where a panel lies over the pictures, as in call.css. */
const PANEL_COVERS = "(max-width: 900px)";

/** Before anything was measured. */
const NOBODY: ReadonlyMap<number, Quality> = new Map();

/** What stands beside the pictures. */
export type PanelName = "people" | "chat" | "encryption" | "statistics";

interface Props {
  readonly room: RoomView;
  readonly call: CallView;
  readonly onLeave: () => void;
}

/** The call itself. */
export function CallScreen({ room, call, onLeave }: Props) {
  const { client, media, t } = useApp();
  const view = useMedia();
  const guest = useGuest();
  const title = useRoomTitle()(room);
  const bar = useRef<HTMLDivElement>(null);
  const [panel, setPanel] = useState<PanelName | null>(null);
  const [help, setHelp] = useState(false);
  const [choosing, setChoosing] = useState(false);
  const [ending, setEnding] = useState(false);
  const tiles = tilesOf(call, view);
  const layout = useLayout(call, tiles);
  const fullScreen = useFullScreen();
  const pip = usePip(title);
  // A bare video cannot show initials: whoever has a picture stands in for who has none.
  const inPip = pip.kind === "video" ? pictured(layout) : layout.first;
  const coversStage = useMatches(PANEL_COVERS);
  const statistics = useStatistics();
  const ring = room.call?.ring === "incoming" ? null : (room.call?.ring ?? null);
  useTones(ring === "outgoing" ? "outgoing" : null);
  useTitle(useCallTitle()(room));
  useWakeLock();
  useCallAnnouncements(call);
  useSaidAnnouncements();

  const toggle = (wanted: PanelName) => () => {
    setPanel(panel === wanted ? null : wanted);
  };
  const close = (): void => {
    setPanel(null);
  };
  const actions: CallActions = {
    microphone: () => void media.setMicrophone(!media.view().microphone),
    camera: () => void media.setCamera(!media.view().camera),
    share: () => void media.setScreen(!media.view().screen),
    hand: () => void media.setHand(!media.view().hand),
    // A flood is not sent, and that is all there is to say about it.
    react: (reaction) => void client.commands.react(reaction),
    people: toggle("people"),
    chat: toggle("chat"),
    encryption: toggle("encryption"),
    statistics: toggle("statistics"),
    devices: () => {
      setChoosing(true);
    },
    layout: () => {
      layout.choose(layout.view === "grid" ? "speaker" : "grid");
    },
    view: layout.choose,
    fullScreen: fullScreen.toggle,
    pip: pip.toggle,
    help: () => {
      setHelp(true);
    },
    leave: onLeave,
    end: call.may_moderate
      ? () => {
          setEnding(true);
        }
      : null,
    toolbar: () => bar.current?.querySelector("button")?.focus(),
  };
  // Others may mute who holds Space, too.
  const talking = useCallKeyboard(actions) && view.microphone;
  useMediaKeys(actions, pip.kind && pip.showByItself);

  return (
    <div className={panel ? "call call-with-panel" : "call"}>
      <header className="call-header">
        {!guest && (
          <Link to={{ page: "room", roomId: room.room_id }} className="icon-button" aria-label={t("call.back_to_room")}>
            <Icon name="back" />
          </Link>
        )}
        <div className="call-heading">
          <h1>{title}</h1>
          <CallTime since={call.started_at} />
          {call.locked && (
            <p className="soft call-locked">
              <Icon name="lock" size={16} />
              {t("call.locked")}
            </p>
          )}
        </div>
        <Button icon="shield" look="quiet" aria-expanded={panel === "encryption"} className="shield-button" onClick={actions.encryption}>
          {t("call.encryption")}
        </Button>
        <Button icon="keyboard" look="quiet" className="desktop-only" aria-keyshortcuts="?" onClick={actions.help}>
          {t("call.keys")}
        </Button>
      </header>
      <main className="call-main" id="content" tabIndex={-1}>
        <CallHints ring={ring && t(`ring.${ring}`, { name: title })} call={call} talking={talking} connection={view.connection} talkingWhileMuted={view.talkingWhileMuted && !talking} />
        <AskedOfMe>
          <StrangersNotice call={call} />
          {/* The panel of the people has them, too. */}
          {panel !== "people" && (
            <LobbyNotice
              call={call}
              onSee={() => {
                setPanel("people");
              }}
            />
          )}
        </AskedOfMe>
        <Problems />
        {view.screen && <SharingBar onStop={actions.share} />}
        <Qualities value={statistics?.people ?? NOBODY}>
          <Stage
            layout={layout}
            own={tiles.own}
            called={room.kind === "direct" ? title : null}
            covered={panel !== null && coversStage}
            alsoSeen={pip.open && inPip ? [{ tile: inPip, size: pip.size, main: true }] : []}
          />
        </Qualities>
      </main>
      {panel === "people" && <PeoplePanel room={room} call={call} onClose={close} />}
      {panel === "chat" && <ChatPanel onClose={close} />}
      {panel === "statistics" && <StatisticsPanel call={call} statistics={statistics} onClose={close} />}
      {panel === "encryption" && <EncryptionPanel call={call} onClose={close} />}
      <footer className="call-bar-area">
        <CallToolbar actions={actions} panel={panel} fullScreen={fullScreen} pip={pip} bar={bar} />
      </footer>
      <PictureInPicture pip={pip} tile={inPip ?? tiles.own} actions={actions} />
      {ending && (
        <EndCall
          onClose={() => {
            setEnding(false);
          }}
        />
      )}
      {choosing && (
        <DevicesDialog
          onClose={() => {
            setChoosing(false);
          }}
        />
      )}
      {help && (
        <KeysDialog
          onClose={() => {
            setHelp(false);
          }}
        />
      )}
    </div>
  );
}

function CallTime({ since }: { readonly since: number }) {
  const { t } = useApp();
  const now = useNow(1_000);
  const time = durationText(now - since);
  return (
    <p className="soft call-time">
      <span aria-hidden="true">{time}</span>
      <span className="visually-hidden">{t("call.time", { time })}</span>
    </p>
  );
}

interface HintsProps {
  /** How the other of a direct room is being called. */
  readonly ring: string | null;
  readonly call: CallView;
  readonly connection: MediaConnection;
  readonly talking: boolean;
  readonly talkingWhileMuted: boolean;
}

function CallHints({ ring, call, connection, talking, talkingWhileMuted }: HintsProps) {
  const { t } = useApp();
  const text = ((): string | null => {
    if (call.phase === "joining") return t("call.joining");
    if (call.phase === "reconnecting" || connection === "reconnecting") return t("call.reconnecting");
    // Whether the other answers matters more than one's own way, which shows when it is lost.
    if (ring !== null && !talking) return ring;
    if (connection === "connecting") return t("connection.connecting");
    if (talking) return t("call.push_to_talk");
    return talkingWhileMuted ? t("call.talking_muted") : null;
  })();
  return (
    <div className="call-hints" role="status">
      {text && <p className="call-hint">{text}</p>}
    </div>
  );
}

function SharingBar({ onStop }: { readonly onStop: () => void }) {
  const { t } = useApp();
  return (
    <div className="sharing-bar">
      <Icon name="screen" />
      <p>{t("call.you_share")}</p>
      <button type="button" className="text-button" onClick={onStop}>
        {t("call.you_share.end")}
      </button>
    </div>
  );
}
