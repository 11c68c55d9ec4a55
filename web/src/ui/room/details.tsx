import { useState } from "react";
import type { RoomView } from "../../core/generated/RoomView";
import { callUrl } from "../../state/guests";
import { useApp } from "../app/context";
import { InviteGuest } from "../guest/guest-links";
import { useCopy } from "../guest/use-copy";
import { Button } from "../parts/button";
import { Confirm } from "../parts/dialog";
import { Panel } from "../parts/panel";
import { useRoomTitle } from "../parts/room-title";
import { AddPeople } from "./add-people";
import { ConstantBitrate } from "./constant-bitrate";
import { Disappearing } from "./disappearing";
import { Members } from "./members";
import { Muted } from "./muted";
import { RenameRoom } from "./rename-room";
import { DeleteRoom, RoomEnd } from "./room-end";
import { RoomFace } from "./room-face";

/** Members, name and encryption of a room. */
export function Details({ room, onClose }: { readonly room: RoomView; readonly onClose: () => void }) {
  const { t } = useApp();
  const copy = useCopy();
  const shared = room.kind === "room";
  return (
    <Panel title={t("details.title")} onClose={onClose}>
      {shared && (
        <section>
          <h3>{t("face.title")}</h3>
          <RoomFace room={room} />
        </section>
      )}
      <section>
        <h3>{t("details.members")}</h3>
        {room.moderator && shared && <p className="soft">{t("details.moderator")}</p>}
        <Members room={room} />
        {room.may_add && shared && <AddPeople room={room} />}
      </section>
      {room.may_add && shared && (
        <section>
          <h3>{t("details.rename")}</h3>
          <RenameRoom key={room.title} room={room} />
        </section>
      )}
      <section>
        <h3>{t("details.notices")}</h3>
        <Muted room={room} />
      </section>
      <section>
        <h3>{t("details.timers")}</h3>
        <Disappearing room={room} />
      </section>
      {shared && (
        <section>
          <h3>{t("details.end")}</h3>
          <RoomEnd room={room} />
        </section>
      )}
      <section>
        <h3>{t("details.calls")}</h3>
        <p>{t("details.calls_text")}</p>
        <div className="panel-actions">
          <Button
            icon="copy"
            onClick={() => {
              void copy(callUrl(room.room_id, window.location.origin), "call_link.copied");
            }}
          >
            {t("call_link.copy")}
          </Button>
          {room.may_admit && <InviteGuest room={room} />}
        </div>
        {shared && <ConstantBitrate room={room} />}
      </section>
      <section>
        <h3>{t("details.encryption")}</h3>
        <p>{t("details.encryption_text")}</p>
        <dl className="facts">
          <dt>{t("details.keys")}</dt>
          <dd>{t(`details.keys.${room.keys}`)}</dd>
          <dt>{t("details.epoch")}</dt>
          <dd>{room.epoch}</dd>
          <dt>{t("details.suite")}</dt>
          <dd className="code">{room.suite}</dd>
        </dl>
      </section>
      {shared && <LeaveRoom room={room} />}
    </Panel>
  );
}

function LeaveRoom({ room }: { readonly room: RoomView }) {
  const { client, navigator, t } = useApp();
  const [asking, setAsking] = useState(false);
  const title = useRoomTitle()(room);
  return (
    <section className="panel-actions">
      <Button
        look="danger"
        icon="sign_out"
        onClick={() => {
          setAsking(true);
        }}
      >
        {t("details.leave")}
      </Button>
      {room.moderator && <DeleteRoom room={room} />}
      {asking && (
        <Confirm
          title={t("details.leave_title", { room: title })}
          text={<p>{t("details.leave_text")}</p>}
          confirm={t("details.leave_confirm")}
          act={() => client.commands.leaveRoom(room.room_id)}
          onClose={() => {
            setAsking(false);
          }}
          onDone={() => {
            navigator.replace({ page: "home" });
          }}
        />
      )}
    </section>
  );
}
