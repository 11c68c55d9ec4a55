import { useEffect, useState } from "react";
import type { CallView } from "../../core/generated/CallView";
import type { ParticipantView } from "../../core/generated/ParticipantView";
import { failureText } from "../../i18n/codes";
import { useApp } from "../app/context";
import { Button } from "../parts/button";
import { Icon } from "../parts/icons";
import { keepFocus } from "./keep-focus";

/** Most are out of the call by then, without anybody having to decide. */
const DECIDE_AFTER_MS = 1_500;

/** Says who is in the call and not in the room any more, and asks whether to go on. It interrupts: one is not heard meanwhile. */
export function StrangersNotice({ call }: { readonly call: CallView }) {
  const strangers = call.participants.filter(({ leaf }) => call.strangers.includes(leaf));
  return (
    <div role="alert">
      {strangers.map((participant) => (
        <Stranger key={participant.leaf} participant={participant} mayRemove={call.may_moderate} />
      ))}
    </div>
  );
}

function Stranger({ participant, mayRemove }: { readonly participant: ParticipantView; readonly mayRemove: boolean }) {
  const { client, t } = useApp();
  const [due, setDue] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => {
      setDue(true);
    }, DECIDE_AFTER_MS);
    return () => {
      clearTimeout(timer);
    };
  }, []);
  if (!due) return null;
  const say = async (doing: ReturnType<typeof client.commands.keepStranger>): Promise<void> => {
    const outcome = await doing;
    if (!outcome.ok) client.board.notify("alert", (t) => failureText(t, outcome.failure));
  };
  const { leaf, person } = participant;
  return (
    <div className="problem asked">
      <Icon name="shield" />
      <div className="problem-text">
        <p>{t("stranger.text", { name: person.name })}</p>
        <div className="asked-answers">
          {mayRemove && (
            <Button
              look="primary"
              onClick={(event) => {
                keepFocus(event);
                void say(client.commands.removeParticipant(leaf));
              }}
            >
              {t("stranger.remove", { name: person.name })}
            </Button>
          )}
          <Button
            onClick={(event) => {
              keepFocus(event);
              void say(client.commands.keepStranger(leaf));
            }}
          >
            {t("stranger.keep")}
          </Button>
        </div>
      </div>
    </div>
  );
}
