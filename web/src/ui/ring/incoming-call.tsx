import { useEffect, useEffectEvent, useRef, useState } from "react";
import type { RoomView } from "../../core/generated/RoomView";
import { failureText } from "../../i18n/codes";
import { callKey, ringingRoom } from "../../state/ringing";
import { useApp, useMe, useStore } from "../app/context";
import { Avatar } from "../parts/avatar";
import { Button } from "../parts/button";
import { Dialog } from "../parts/dialog";
import { useRoomTitle } from "../parts/room-title";
import { useTones } from "./use-tones";

/** A call that rings here, whatever page one is on. */
export function IncomingCall() {
  const { client } = useApp();
  const rooms = useStore(client.rooms);
  const [silenced, setSilenced] = useState<ReadonlySet<string>>(new Set());
  const room = ringingRoom(rooms, silenced);
  useTones(room ? "incoming" : null);
  useAnsweredElsewhere(room, rooms);
  if (!room) return null;
  return (
    <Question
      room={room}
      onSilence={() => {
        setSilenced(new Set([...silenced, callKey(room)]));
      }}
    />
  );
}

function Question({ room, onSilence }: { readonly room: RoomView; readonly onSilence: () => void }) {
  const { client, navigator, t } = useApp();
  const me = useMe();
  const name = useRoomTitle()(room);
  const inCall = useStore(client.call);
  const other = room.members.find((person) => person.user_id !== me?.user_id);
  const accept = (): void => {
    client.answering.set(room.room_id);
    navigator.go({ page: "call", roomId: room.room_id });
  };
  const decline = async (): Promise<void> => {
    const outcome = await client.commands.declineCall(room.room_id);
    if (!outcome.ok && outcome.failure.code !== "call_gone") client.board.notify("alert", (to) => failureText(to, outcome.failure));
    onSilence();
  };
  return (
    <Dialog title={t("ring.title")} keep onClose={onSilence}>
      <div className="dialog-body incoming-call">
        {other && <Avatar id={other.user_id} name={other.name} size="large" />}
        <p className="incoming-name">{t("ring.from", { name })}</p>
        {inCall && <p className="soft">{t("ring.leaves")}</p>}
      </div>
      <footer className="dialog-footer">
        <Button icon="leave" look="danger" onClick={() => void decline()}>
          {t("ring.decline")}
        </Button>
        <Button icon="phone" look="primary" onClick={accept}>
          {t("ring.accept")}
        </Button>
      </footer>
    </Dialog>
  );
}

/** Says why it stopped ringing, where somebody took the call with another device of this person. */
function useAnsweredElsewhere(room: RoomView | null, rooms: readonly RoomView[] | null): void {
  const { client } = useApp();
  const before = useRef<string | null>(null);
  const roomId = room?.room_id ?? null;
  const stopped = useEffectEvent((id: string) => {
    if (rooms?.find((each) => each.room_id === id)?.call?.elsewhere) client.board.notify("status", (t) => t("ring.elsewhere"));
  });
  useEffect(() => {
    if (before.current !== null && before.current !== roomId) stopped(before.current);
    before.current = roomId;
  }, [roomId]);
}
