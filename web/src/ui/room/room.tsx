import { useEffect, useState } from "react";
import type { RoomView } from "../../core/generated/RoomView";
import { listText } from "../../i18n/format";
import { useApp, useRoom, useStore } from "../app/context";
import { Link } from "../app/link";
import { useTitle } from "../app/title";
import { Refusal } from "../contacts/refusal";
import { Button, IconButton } from "../parts/button";
import { Icon } from "../parts/icons";
import { Empty, Loading, Note } from "../parts/messages";
import { useRoomTitle } from "../parts/room-title";
import { Composer } from "./composer";
import { DropTarget } from "../files/attach";
import { UploadsList } from "../files/uploads-list";
import { Details } from "./details";
import { MessageList } from "./message-list";
import { TypingLine } from "./typing-line";

/** A room by its address. */
export function RoomPage({ roomId }: { readonly roomId: string }) {
  const { client, t } = useApp();
  const rooms = useStore(client.rooms);
  const room = useRoom(roomId);
  if (room) return <Room key={roomId} room={room} />;
  if (rooms === null) return <Loading>{t("main.loading")}</Loading>;
  return <RoomGone />;
}

/** Says that a room is not there. */
export function RoomGone() {
  const { t } = useApp();
  useTitle(t("room.gone.title"));
  return (
    <div className="home">
      <Empty title={t("room.gone.title")} icon="lock" level={1}>
        <p>{t("room.gone.text")}</p>
        <Link to={{ page: "home" }} className="button button-plain">
          {t("app.not_found.home")}
        </Link>
      </Empty>
    </div>
  );
}

function Room({ room }: { readonly room: RoomView }) {
  const { client, files, t } = useApp();
  const title = useRoomTitle()(room);
  const [details, setDetails] = useState(false);
  useTitle(title);
  const roomId = room.room_id;
  useEffect(() => client.openRoom(roomId), [client, roomId]);
  useEffect(() => void files.uploads.load(), [files, roomId]);
  return (
    <div className={details ? "room room-with-details" : "room"}>
      <DropTarget
        className="room-main"
        onFiles={(chosen) => {
          files.trays.put(roomId, chosen, true);
        }}
      >
        <RoomHeader
          room={room}
          details={details}
          onDetails={() => {
            setDetails(!details);
          }}
        />
        {room.keys !== "ready" && (
          <div className="room-notes">
            <Note tone={room.keys === "joining" ? "info" : "warning"}>{t(`room.keys.${room.keys}`)}</Note>
          </div>
        )}
        <MessageList room={room} />
        <UploadsList roomId={roomId} />
        {room.refusal === null ? (
          <>
            <TypingLine roomId={roomId} />
            <Composer room={room} title={title} />
          </>
        ) : (
          <Refusal room={room} refusal={room.refusal} />
        )}
      </DropTarget>
      {details && (
        <Details
          room={room}
          onClose={() => {
            setDetails(false);
          }}
        />
      )}
    </div>
  );
}

interface HeaderProps {
  readonly room: RoomView;
  readonly details: boolean;
  readonly onDetails: () => void;
}

function RoomHeader({ room, details, onDetails }: HeaderProps) {
  const { navigator, t } = useApp();
  const title = useRoomTitle()(room);
  const names = room.call?.names ?? [];
  const callText = room.call ? (room.call.joined ? "room.return_call" : "room.join_call") : "room.start_call";
  return (
    <header className="room-header">
      <Link to={{ page: "home" }} className="icon-button phone-only" aria-label={t("room.back")}>
        <Icon name="back" />
      </Link>
      <div className="room-heading">
        <h1 dir="auto">{title}</h1>
        <p className="soft">
          {room.title === "" && room.kind === "room"
            ? t("room.title_pending")
            : names.length > 0
              ? t("room.in_call", { count: names.length, names: listText(t.locale, names) })
              : room.kind === "direct"
                ? t("room.direct")
                : t("room.members", { count: room.members.length })}
        </p>
      </div>
      {room.refusal === null && (
        <Button
          look={room.call ? "primary" : "plain"}
          icon="phone"
          className={room.call ? "call-button" : "call-button call-button-idle"}
          onClick={() => {
            navigator.go({ page: "call", roomId: room.room_id });
          }}
        >
          {t(callText)}
        </Button>
      )}
      <IconButton icon="details" label={t("room.details")} aria-expanded={details} onClick={onDetails} />
    </header>
  );
}
