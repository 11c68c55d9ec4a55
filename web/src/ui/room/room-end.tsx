import { useId, useState } from "react";
import type { RoomView } from "../../core/generated/RoomView";
import { momentText, spanText } from "../../i18n/format";
import type { Failure } from "../../state/core";
import { ROOM_LIFE_CHOICES } from "../../state/timers";
import { useApp } from "../app/context";
import { FailureText } from "../parts/messages";
import { Button } from "../parts/button";
import { Confirm } from "../parts/dialog";
import { useRoomTitle } from "../parts/room-title";

/** When the room ends: for moderators to choose, and for the others in words. */
export function RoomEnd({ room }: { readonly room: RoomView }) {
  const { t } = useApp();
  const end = room.ends_at === null ? t("details.end.never") : t("details.end.at", { moment: momentText(t.locale, room.ends_at) });
  return (
    <>
      <p>{end}</p>
      {room.moderator && <LifeChoice room={room} />}
      <p className="soft">{t("details.copies")}</p>
    </>
  );
}

function LifeChoice({ room }: { readonly room: RoomView }) {
  const { client, t } = useApp();
  const id = useId();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const choose = async (lifeMs: number): Promise<void> => {
    setBusy(true);
    setFailure(null);
    const outcome = await client.commands.setRoomEnd(room.room_id, lifeMs);
    setBusy(false);
    if (!outcome.ok) setFailure(outcome.failure);
  };
  return (
    <div className="timer-choices">
      <div className="picker-line">
        <label htmlFor={id}>{t("details.end.choose")}</label>
        <select
          id={id}
          value=""
          disabled={busy}
          onChange={(event) => {
            void choose(Number(event.target.value));
          }}
        >
          {/* What was chosen is a time of the day, and is said above. */}
          <option value="" disabled hidden>
            {busy ? t("details.end.busy") : t("details.end.pick")}
          </option>
          {room.ends_at !== null && <option value={0}>{t("details.end.choose_never")}</option>}
          {ROOM_LIFE_CHOICES.map((ms) => (
            <option key={ms} value={ms}>
              {t("details.end.in", { span: spanText(t.locale, ms) })}
            </option>
          ))}
        </select>
      </div>
      <FailureText failure={failure} />
    </div>
  );
}

/** Ends the room for everybody, after a question. */
export function DeleteRoom({ room }: { readonly room: RoomView }) {
  const { client, navigator, t } = useApp();
  const [asking, setAsking] = useState(false);
  const title = useRoomTitle()(room);
  return (
    <>
      <Button
        look="danger"
        icon="trash"
        onClick={() => {
          setAsking(true);
        }}
      >
        {t("details.delete")}
      </Button>
      {asking && (
        <Confirm
          title={t("details.delete_title", { room: title })}
          text={
            <>
              <p>{t("details.delete_text", { count: room.members.length })}</p>
              <p className="soft">{t("details.copies")}</p>
            </>
          }
          confirm={t("details.delete_confirm")}
          busyText={t("details.delete_busy")}
          act={() => client.commands.deleteRoom(room.room_id)}
          onClose={() => {
            setAsking(false);
          }}
          onDone={() => {
            navigator.replace({ page: "home" });
          }}
        />
      )}
    </>
  );
}
