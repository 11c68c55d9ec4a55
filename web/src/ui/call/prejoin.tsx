import { useEffect, useEffectEvent, useRef, useState } from "react";
import type { RoomView } from "../../core/generated/RoomView";
import { listText } from "../../i18n/format";
import { LOCKED_RETRY_MS } from "../../state/limits";
import type { Failure } from "../../state/core";
import { useApp, useRoom, useStore } from "../app/context";
import { Link } from "../app/link";
import { useTitle } from "../app/title";
import { Avatar } from "../parts/avatar";
import { Button, IconButton } from "../parts/button";
import { Icon } from "../parts/icons";
import { ErrorText, FailureText, Note } from "../parts/messages";
import { useCallTitle, useRoomTitle } from "../parts/room-title";
import { useMe } from "../app/context";
import { DeviceChoices } from "./device-choices";
import { LevelMeter } from "./level-meter";
import { Problems } from "./problems";
import { useMedia } from "./use-media";
import { Video } from "./video";

/** Before joining: how one will look and sound, who is in already, and one button to go in. */
export function PreJoin({ room }: { readonly room: RoomView }) {
  const { client, media, t } = useApp();
  const [joining, setJoining] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [waiting, setWaiting] = useState(false);
  const unusable = useMedia().problems.some((problem) => problem.code === "no_encoded_transforms");
  const title = useCallTitle()(room);
  const entering = useRef(false);
  useTitle(title);

  const prepared = useRef<Promise<void>>(Promise.resolve());
  useEffect(() => {
    prepared.current = media.prepare();
    return () => {
      // Who goes on into the call, or is in another one, keeps the devices.
      if (!entering.current && client.call.get() === null) media.close();
    };
  }, [client, media]);

  const join = async (): Promise<void> => {
    entering.current = true;
    setJoining(true);
    setFailure(null);
    if (client.call.get() !== null) await media.leave();
    const failed = await media.join(room.room_id);
    setWaiting(false);
    setJoining(false);
    setFailure(failed);
    if (failed) entering.current = false;
  };

  // Who took the call that rang is asked nothing more.
  const answering = useStore(client.answering);
  const answer = useEffectEvent(async () => {
    client.answering.set(null);
    await join();
  });
  useEffect(() => {
    if (answering === room.room_id) void prepared.current.then(() => answer());
  }, [answering, room.room_id]);

  // Knocks again until it is let in, or something else is the matter.
  const knock = useEffectEvent(async () => {
    if (entering.current) return;
    entering.current = true;
    const failed = await media.join(room.room_id);
    if (!failed) return;
    entering.current = false;
    if (failed.code === "call_locked") return;
    setWaiting(false);
    setFailure(failed);
  });
  useEffect(() => {
    if (!waiting) return undefined;
    const timer = setInterval(() => void knock(), LOCKED_RETRY_MS);
    return () => {
      clearInterval(timer);
    };
  }, [waiting]);

  return (
    <main className="prejoin" id="content">
      <header className="prejoin-header">
        <Link to={{ page: "room", roomId: room.room_id }} className="back-link">
          <Icon name="back" />
          {t("prejoin.back")}
        </Link>
      </header>
      <div className="prejoin-columns">
        <Preview />
        <div className="prejoin-side">
          <h1>{t("prejoin.title")}</h1>
          <p className="lead">{title}</p>
          <WhoIsIn room={room} />
          <Button
            look="primary"
            className="wide join-button"
            busy={joining}
            aria-disabled={unusable}
            onClick={() => {
              if (!unusable) void join();
            }}
          >
            {t(joining ? "prejoin.joining" : "prejoin.join")}
          </Button>
          <FailureText failure={waiting ? null : failure} />
          {failure?.code === "call_locked" && !joining && <AtTheDoor waiting={waiting} onWait={setWaiting} />}
          <Problems />
          <Elsewhere roomId={room.room_id} />
          <DeviceChoices />
          <Connection />
          <Network />
          <p className="assurance">
            <Icon name="shield" />
            {t("prejoin.encryption")}
          </p>
        </div>
      </div>
    </main>
  );
}

/** The call is locked: one may wait. */
function AtTheDoor({ waiting, onWait }: { readonly waiting: boolean; readonly onWait: (wait: boolean) => void }) {
  const { t } = useApp();
  return (
    <div className="at-the-door">
      <p role="status">{waiting && t("prejoin.waiting")}</p>
      <Button
        icon="clock"
        onClick={() => {
          onWait(!waiting);
        }}
      >
        {t(waiting ? "prejoin.stop_waiting" : "prejoin.wait")}
      </Button>
    </div>
  );
}

/** One's own picture, with the switches of camera and microphone. */
export function Preview() {
  const { media, t } = useApp();
  const view = useMedia();
  const me = useMe();
  const micLabel = t(view.microphone ? "prejoin.mic_off" : "prejoin.mic_on");
  const cameraLabel = t(view.camera ? "prejoin.camera_off" : "prejoin.camera_on");
  return (
    <section className="preview" aria-label={t("prejoin.preview")}>
      <div className="preview-picture">
        {view.camera && view.preview ? (
          <Video stream={view.preview} mirrored label={t("prejoin.preview")} />
        ) : (
          me && <Avatar id={me.user_id} name={me.name} size="large" />
        )}
        <div className="preview-controls">
          <IconButton
            icon={view.microphone ? "microphone" : "microphone_off"}
            label={micLabel}
            className={view.microphone ? "control" : "control control-off"}
            onClick={() => {
              void media.setMicrophone(!view.microphone);
            }}
          />
          <IconButton
            icon={view.camera ? "camera" : "camera_off"}
            label={cameraLabel}
            className={view.camera ? "control" : "control control-off"}
            onClick={() => {
              void media.setCamera(!view.camera);
            }}
          />
        </div>
      </div>
      <div className="preview-words">
        <p>{t(view.microphone ? "prejoin.mic_is_on" : "prejoin.mic_is_off")}</p>
        {view.microphone && <LevelMeter />}
        <p>{t(view.camera ? "prejoin.camera_is_on" : "prejoin.camera_is_off")}</p>
      </div>
    </section>
  );
}

function WhoIsIn({ room }: { readonly room: RoomView }) {
  const { t } = useApp();
  const names = room.call?.names ?? [];
  if (names.length === 0) return <p>{t("prejoin.nobody")}</p>;
  return <p>{t("prejoin.in_already", { count: names.length, names: listText(t.locale, names) })}</p>;
}

/** Says that joining here means leaving there. */
function Elsewhere({ roomId }: { readonly roomId: string }) {
  const { client, t } = useApp();
  const call = useStore(client.call);
  const other = useRoom(call?.room_id ?? "");
  const title = useRoomTitle()(other);
  if (!call || call.room_id === roomId) return null;
  return <Note tone="warning">{t("prejoin.elsewhere", { room: title })}</Note>;
}

/** The connection to the server, in words. */
function Connection() {
  const { client, t } = useApp();
  const session = useStore(client.session);
  if (session.state !== "signed_in") return null;
  const online = session.connection === "online";
  return (
    <p className="assurance">
      <Icon name={online ? "check" : "offline"} />
      {t(`prejoin.${session.connection}`)}
    </p>
  );
}

/** What the network does to calls, in words. Said at once where something is wrong with it. */
export function Network() {
  const { client, media, t } = useApp();
  const { network } = useMedia();
  const session = useStore(client.session);
  const online = session.state === "signed_in" && session.connection === "online";
  // Anew with each connection: it may be another network.
  useEffect(() => {
    if (online) void media.tryNetwork();
  }, [media, online]);
  if (network === null) return null;
  const text = t(`prejoin.network.${network}`);
  if (network === "blocked") return <ErrorText>{text}</ErrorText>;
  if (network === "tcp" || network === "relay") return <Note tone="warning">{text}</Note>;
  return (
    <p className="assurance">
      <Icon name={network === "ready" ? "check" : "info"} />
      {text}
    </p>
  );
}
