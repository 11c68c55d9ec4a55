import type { CallView } from "../../core/generated/CallView";
import type { RoomView } from "../../core/generated/RoomView";
import { handsFirst } from "../../state/hands";
import { useApp } from "../app/context";
import { InviteGuest } from "../guest/guest-links";
import { Button } from "../parts/button";
import { Icon } from "../parts/icons";
import { Panel } from "../parts/panel";
import { LobbyList } from "./lobby";
import { useAsk, useLock } from "./participant-actions";
import { Roster } from "./roster";

/** Who is in the call and how they are: raised hands first; what one may ask of them; and, for moderators, the lock. */
export function PeoplePanel({ room, call, onClose }: { readonly room: RoomView; readonly call: CallView; readonly onClose: () => void }) {
  const { t } = useApp();
  const ask = useAsk();
  const lock = useLock();
  const others = call.participants.filter((participant) => !participant.this_device);
  return (
    <Panel title={t("people_panel.title")} onClose={onClose}>
      <p className="soft">{t("people_panel.count", { count: call.participants.length })}</p>
      <LobbyList call={call} />
      {call.locked && (
        <p className="soft panel-note">
          <Icon name="lock" size={18} />
          {t("call.locked.text")}
        </p>
      )}
      <div className="panel-actions">
        {call.may_ask && others.length > 1 && (
          <Button
            icon="microphone_off"
            onClick={() => {
              void ask(null, "mute");
            }}
          >
            {t("people_panel.mute_everyone")}
          </Button>
        )}
        {call.may_moderate && (
          <Button
            icon={call.locked ? "unlock" : "lock"}
            onClick={() => {
              void lock(!call.locked);
            }}
          >
            {t(call.locked ? "call.unlock" : "call.lock")}
          </Button>
        )}
        {room.may_admit && <InviteGuest room={room} />}
      </div>
      <Roster participants={handsFirst(call.participants)} states mayAsk={call.may_ask} mayModerate={call.may_moderate} spotlight={call.spotlight} />
    </Panel>
  );
}
