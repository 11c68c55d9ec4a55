import type { CallView } from "../../core/generated/CallView";
import { handsFirst } from "../../state/hands";
import { useApp } from "../app/context";
import { Button } from "../parts/button";
import { Panel } from "../parts/panel";
import { useAsk } from "./participant-actions";
import { Roster } from "./roster";

/** Who is in the call and how they are: raised hands first; and what one may ask of them. */
export function PeoplePanel({ call, onClose }: { readonly call: CallView; readonly onClose: () => void }) {
  const { t } = useApp();
  const ask = useAsk();
  const others = call.participants.filter((participant) => !participant.this_device);
  return (
    <Panel title={t("people_panel.title")} onClose={onClose}>
      <p className="soft">{t("people_panel.count", { count: call.participants.length })}</p>
      {call.may_ask && others.length > 1 && (
        <Button
          icon="microphone_off"
          className="mute-everyone"
          onClick={() => {
            void ask(null, "mute");
          }}
        >
          {t("people_panel.mute_everyone")}
        </Button>
      )}
      <Roster participants={handsFirst(call.participants)} states mayAsk={call.may_ask} />
    </Panel>
  );
}
