import type { RoomView } from "../../core/generated/RoomView";
import { useApp } from "../app/context";
import { KeptToggle } from "../parts/kept-toggle";

/** Whether one wants to hear nothing of a room. */
export function Muted({ room }: { readonly room: RoomView }) {
  const { client, t } = useApp();
  return (
    <div className="panel-choice">
      <KeptToggle on={room.muted} set={(on) => client.commands.setMuted(room.room_id, on)}>
        {t("details.mute")}
      </KeptToggle>
      <p className="soft">{t("details.mute_text")}</p>
    </div>
  );
}
