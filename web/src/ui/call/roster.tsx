import type { ParticipantView } from "../../core/generated/ParticipantView";
import { useApp } from "../app/context";
import { Avatar } from "../parts/avatar";
import { Icon, type IconName } from "../parts/icons";
import { Note } from "../parts/messages";
import { GuestBadge } from "../parts/guest-badge";
import { TrustBadge } from "../parts/trust";
import { ParticipantActions, SpotlightButton } from "./participant-actions";

interface Props {
  readonly participants: readonly ParticipantView[];
  /** With microphone, camera, screen and hand. */
  readonly states?: boolean;
  /** One may ask things of everybody; of one's own devices one always may. */
  readonly mayAsk?: boolean;
  /** One may remove others from the call, and put anybody in the spotlight. */
  readonly mayModerate?: boolean;
  /** Leaf of who is in it. */
  readonly spotlight?: number | null;
}

/** The devices of a call, from the key tree. */
export function Roster({ participants, states = false, mayAsk = false, mayModerate = false, spotlight = null }: Props) {
  const { t } = useApp();
  return (
    <ul className="rows">
      {participants.map((participant) => {
        const { person } = participant;
        return (
          <li key={`${String(participant.leaf)}-${person.user_id}`} className="row" tabIndex={-1}>
            <Avatar id={person.user_id} name={person.name} />
            <div className="row-text">
              <span className="row-title">
                <bdi>{nameOf(participant)}</bdi>
              </span>
              {person.guest ? <GuestBadge /> : <span className="soft">{person.email}</span>}
              {states ? <States participant={participant} /> : <TrustBadge trust={person.trust} guest={person.guest} />}
              {states && mayModerate && <SpotlightButton participant={participant} spotlit={participant.leaf === spotlight} />}
              {states && !participant.this_device && (mayAsk || participant.own_other_device) && (
                <ParticipantActions participant={participant} mayRemove={mayModerate && !participant.own_other_device} />
              )}
            </div>
            {person.trust === "changed" && <Note tone="warning">{t("trust.changed_text", { name: person.name })}</Note>}
          </li>
        );
      })}
    </ul>
  );

  function nameOf({ person, this_device, own_other_device }: ParticipantView): string {
    if (this_device) return t("call.own", { name: person.name });
    return own_other_device ? t("call.own_device", { name: person.name }) : person.name;
  }
}

function States({ participant }: { readonly participant: ParticipantView }) {
  const { t } = useApp();
  const states: [IconName, string][] = [
    participant.microphone ? ["microphone", t("call.unmuted")] : ["microphone_off", t("call.muted")],
  ];
  if (participant.hand) {
    states.push(["hand", participant.hand_place === null ? t("call.hand") : t("call.hand_place", { place: String(participant.hand_place) })]);
  }
  if (participant.away) states.push(["offline", t("call.away")]);
  return (
    <span className="states">
      {states.map(([icon, text]) => (
        <span key={icon} className="state">
          <Icon name={icon} size={16} />
          {text}
        </span>
      ))}
    </span>
  );
}
