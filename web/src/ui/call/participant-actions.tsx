import { useState } from "react";
import type { ParticipantAsk } from "../../core/generated/ParticipantAsk";
import type { ParticipantView } from "../../core/generated/ParticipantView";
import { failureText } from "../../i18n/codes";
import { useApp } from "../app/context";
import { Button } from "../parts/button";
import { Confirm } from "../parts/dialog";

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

/** Lets nobody new in, or everybody of the room again, and says what came of it. */
export function useLock(): (locked: boolean) => Promise<void> {
  const { client } = useApp();
  return async (locked) => {
    const outcome = await client.commands.lockCall(locked);
    if (!outcome.ok) client.board.notify("alert", (t) => failureText(t, outcome.failure));
  };
}

/** Puts a participant in the spotlight for everybody, or takes them out, and says what came of it. */
export function SpotlightButton({ participant, spotlit }: { readonly participant: ParticipantView; readonly spotlit: boolean }) {
  const { client, t } = useApp();
  const { name } = participant.person;
  const press = async (): Promise<void> => {
    const outcome = await client.commands.spotlight(spotlit ? null : participant.leaf);
    if (!outcome.ok) client.board.notify("alert", (t) => failureText(t, outcome.failure));
  };
  return (
    <div className="row-actions">
      <Button look="quiet" icon="spotlight" onClick={() => void press()}>
        {t(spotlit ? "people_panel.spotlight_off" : "people_panel.spotlight", { name })}
      </Button>
    </div>
  );
}

interface Props {
  readonly participant: ParticipantView;
  /** One may remove others from the call. */
  readonly mayRemove: boolean;
}

/** What one may ask of a participant, and removing the person. */
export function ParticipantActions({ participant, mayRemove }: Props) {
  const { client, t } = useApp();
  const [removing, setRemoving] = useState(false);
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
      {mayRemove && (
        <Button
          look="quiet"
          icon="close"
          onClick={() => {
            setRemoving(true);
          }}
        >
          {t("people_panel.remove", { name })}
        </Button>
      )}
      {removing && (
        <Confirm
          title={t("people_panel.remove.title", { name })}
          text={<p>{t("people_panel.remove.text", { name })}</p>}
          confirm={t("people_panel.remove", { name })}
          act={() => client.commands.removeParticipant(participant.leaf)}
          onClose={() => {
            setRemoving(false);
          }}
        />
      )}
    </div>
  );
}
