import { useState } from "react";
import type { RoomView } from "../../core/generated/RoomView";
import type { Failure } from "../../state/core";
import { useApp } from "../app/context";
import { FailureText } from "../parts/messages";
import { Toggle } from "../parts/toggle";

/** Whether one wants to hear nothing of a room. */
export function Muted({ room }: { readonly room: RoomView }) {
  const { client, t } = useApp();
  const [failure, setFailure] = useState<Failure | null>(null);
  const choose = async (on: boolean): Promise<void> => {
    const outcome = await client.commands.setMuted(room.room_id, on);
    setFailure(outcome.ok ? null : outcome.failure);
  };
  return (
    <div className="panel-choice">
      <Toggle on={room.muted} onChange={(on) => void choose(on)}>
        {t("details.mute")}
      </Toggle>
      <p className="soft">{t("details.mute_text")}</p>
      <FailureText failure={failure} />
    </div>
  );
}
