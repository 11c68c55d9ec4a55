import type { ParticipantAsk } from "../../core/generated/ParticipantAsk";
import type { ParticipantView } from "../../core/generated/ParticipantView";
import { failureText } from "../../i18n/codes";
import { useApp } from "../app/context";
import { Button } from "../parts/button";

/** Asks something of a participant (null: of all others), and says what came of it. */
export function useAsk(): (participant: ParticipantView | null, ask: ParticipantAsk) => Promise<void> {
  const { client } = useApp();
  return async (participant, ask) => {
    const outcome = await client.commands.askParticipant(participant?.leaf ?? null, ask);
    if (!outcome.ok) client.board.notify("alert", (t) => failureText(t, outcome.failure));
    // What was muted shows by itself.
    else if (ask === "unmute" && participant) client.board.notify("status", (t) => t("people_panel.asked", { name: participant.person.name }));
  };
}

/** What one may ask of a participant. */
export function ParticipantActions({ participant }: { readonly participant: ParticipantView }) {
  const { t } = useApp();
  const ask = useAsk();
  const { name } = participant.person;
  const press = (what: ParticipantAsk) => () => {
    void ask(participant, what);
  };
  return (
    <div className="row-actions">
      {participant.microphone ? (
        <Button key="microphone" look="quiet" icon="microphone_off" onClick={press("mute")}>
          {t("people_panel.mute", { name })}
        </Button>
      ) : (
        <Button key="microphone" look="quiet" icon="microphone" onClick={press("unmute")}>
          {t("people_panel.ask_unmute", { name })}
        </Button>
      )}
      {participant.hand && (
        <Button
          look="quiet"
          icon="hand"
          onClick={({ currentTarget }) => {
            // The button goes with the hand; the place in the list stays.
            currentTarget.closest("li")?.focus({ preventScroll: true });
            press("lower_hand")();
          }}
        >
          {t("people_panel.lower_hand", { name })}
        </Button>
      )}
    </div>
  );
}
