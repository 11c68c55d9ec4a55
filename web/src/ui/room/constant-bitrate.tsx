import { useState } from "react";
import type { RoomView } from "../../core/generated/RoomView";
import type { Failure } from "../../state/core";
import { useApp } from "../app/context";
import { FailureText } from "../parts/messages";
import { Toggle } from "../parts/toggle";

/** Whether voices in the room's calls go out at a constant bitrate: for moderators to choose, for the others to know. */
export function ConstantBitrate({ room }: { readonly room: RoomView }) {
  const { client, t } = useApp();
  // What was chosen, until the room says so.
  const [chosen, setChosen] = useState<boolean | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  if (!room.moderator) return room.constant_bitrate ? <p>{t("details.constant_bitrate_on")}</p> : null;

  const choose = async (on: boolean): Promise<void> => {
    setChosen(on);
    setFailure(null);
    const outcome = await client.commands.setConstantBitrate(room.room_id, on);
    setChosen(null);
    if (!outcome.ok) setFailure(outcome.failure);
  };
  return (
    <div className="panel-choice">
      <Toggle on={chosen ?? room.constant_bitrate} onChange={(on) => void choose(on)}>
        {t("details.constant_bitrate")}
      </Toggle>
      <p className="soft">{t("details.constant_bitrate_text")}</p>
      {room.call && room.constant_bitrate && <p className="soft">{t("details.constant_bitrate_later")}</p>}
      <FailureText failure={failure} />
    </div>
  );
}
