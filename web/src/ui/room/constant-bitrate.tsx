import type { RoomView } from "../../core/generated/RoomView";
import { useApp } from "../app/context";
import { KeptToggle } from "../parts/kept-toggle";

/** Whether voices in the room's calls go out at a constant bitrate: for moderators to choose, for the others to know. */
export function ConstantBitrate({ room }: { readonly room: RoomView }) {
  const { client, t } = useApp();
  if (!room.moderator) return room.constant_bitrate ? <p>{t("details.constant_bitrate_on")}</p> : null;
  return (
    <div className="panel-choice">
      <KeptToggle on={room.constant_bitrate} set={(on) => client.commands.setConstantBitrate(room.room_id, on)}>
        {t("details.constant_bitrate")}
      </KeptToggle>
      <p className="soft">{t("details.constant_bitrate_text")}</p>
      {room.call && room.constant_bitrate && <p className="soft">{t("details.constant_bitrate_later")}</p>}
    </div>
  );
}
