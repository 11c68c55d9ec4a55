import { useState } from "react";
import type { ContactCard } from "../../core/generated/ContactCard";
import type { Judgement } from "../../core/generated/Judgement";
import { dateText } from "../../i18n/format";
import { useApp, useContactsView } from "../app/context";
import { Avatar } from "../parts/avatar";
import { Button } from "../parts/button";
import { Fingerprint } from "../parts/fingerprint";
import { FailureText, Note } from "../parts/messages";
import { TrustBadge } from "../parts/trust";
import type { Failure } from "../../state/core";
import { RecordIdVideo } from "./record-id-video";

/** A day is told by its beginning in the time of Greenwich; its noon is the same day nearly everywhere. */
const HALF_DAY = 12 * 60 * 60 * 1_000;

interface Props {
  readonly card: ContactCard;
  readonly onFace: (face: "verify" | "watch") => void;
  readonly onJudge: (judgement: Judgement) => Promise<void>;
  readonly onClose: () => void;
}

/** The card of a contact. */
export function ContactView({ card, onFace, onJudge, onClose }: Props) {
  const { t } = useApp();
  const policies = useContactsView();
  const { person } = card;
  const { name, trust } = person;
  const unwanted = trust === "declined" || trust === "blocked";
  return (
    <>
      <div className="dialog-body contact-card">
        <div className="contact-head">
          <Avatar id={person.user_id} name={name} size="large" />
          <div>
            <p className="contact-name">
              <bdi>{name}</bdi>
            </p>
            <p className="soft">{person.email}</p>
            <TrustBadge trust={trust} guest={person.guest} />
          </div>
        </div>
        <State card={card} />
        {trust !== "own" && !unwanted && (
          <>
            {policies?.verify_inside === "required" && trust !== "verified" && <Note tone="info">{t("contact.required", { name })}</Note>}
            <Ways card={card} onFace={onFace} />
          </>
        )}
        {trust === "own" && <OwnVideo />}
        <section>
          <h3>{t("contact.fingerprint")}</h3>
          <Fingerprint hex={person.fingerprint} />
        </section>
      </div>
      {trust !== "own" && <Choices card={card} onJudge={onJudge} onClose={onClose} />}
    </>
  );
}

/** What one made of the contact. */
function State({ card }: { readonly card: ContactCard }) {
  const { t } = useApp();
  const { person, verified_by, said_at } = card;
  const { name, trust } = person;
  const unwanted = trust === "declined" || trust === "blocked";
  const text = trust === "verified" && verified_by ? t(`contact.state.verified.${verified_by}`, { name }) : t(`contact.state.${trust}`, { name });
  const since = said_at === null ? "" : ` ${t("contact.state.since", { date: dateText(t.locale, said_at) })}`;
  if (trust === "changed") return <Note tone="warning">{text}</Note>;
  return (
    <>
      <p>
        {text}
        {since}
      </p>
      {unwanted && <p className="soft">{t("contact.shared")}</p>}
    </>
  );
}

/** How to verify. */
function Ways({ card, onFace }: Pick<Props, "card" | "onFace">) {
  const { t } = useApp();
  const policies = useContactsView();
  const { person, video } = card;
  const offered = policies?.verify_inside !== "off";
  return (
    <section className="contact-ways">
      {offered && (
        <p className="soft">
          {video ? t("contact.video.of", { date: dateText(t.locale, video.recorded_on + HALF_DAY) }) : t("contact.video.none", { name: person.name })}
        </p>
      )}
      <div className="panel-actions">
        {offered && video && (
          <Button look={person.trust === "verified" ? "plain" : "primary"} icon="play" onClick={() => onFace("watch")}>
            {t("contact.watch")}
          </Button>
        )}
        <Button icon="shield_check" onClick={() => onFace("verify")}>
          {t("contact.verify")}
        </Button>
      </div>
      {offered && policies?.own_video === null && (
        <>
          <p className="soft">{t("contact.record_hint", { name: person.name })}</p>
          <RecordButton />
        </>
      )}
    </section>
  );
}

/** Records an ID video of one's own. */
export function RecordButton({ again = false }: { readonly again?: boolean }) {
  const { t } = useApp();
  const [open, setOpen] = useState(false);
  return (
    <div className="panel-actions">
      <Button icon="camera" onClick={() => setOpen(true)}>
        {t(again ? "contact.record_again" : "contact.record")}
      </Button>
      {open && <RecordIdVideo onClose={() => setOpen(false)} />}
    </div>
  );
}

/** One's own ID video, and another one. */
export function OwnVideo() {
  const { t } = useApp();
  const policies = useContactsView();
  if (!policies) return null;
  const { own_video: day, verify_inside } = policies;
  if (verify_inside === "off") return <p className="soft">{t("id_video.own_off")}</p>;
  return (
    <section className="contact-ways">
      <p>{t("id_video.own_text")}</p>
      <p className="soft">{day === null ? t("id_video.own_none") : t("id_video.own_since", { date: dateText(t.locale, day + HALF_DAY) })}</p>
      <RecordButton again={day !== null} />
    </section>
  );
}

/** What one may do about the contact. */
function Choices({ card, onJudge, onClose }: Pick<Props, "card" | "onJudge" | "onClose">) {
  const { client, navigator, t } = useApp();
  const [failure, setFailure] = useState<Failure | null>(null);
  const { trust, email } = card.person;
  const unwanted = trust === "declined" || trust === "blocked";
  const write = async (): Promise<void> => {
    const outcome = await client.commands.openDirect(email);
    if (!outcome.ok) return setFailure(outcome.failure);
    onClose();
    navigator.go({ page: "room", roomId: outcome.value.room_id });
  };
  return (
    <>
      <FailureText failure={failure} />
      <footer className="dialog-footer contact-choices">
        {unwanted ? (
          <Button look="primary" onClick={() => void onJudge("open")}>
            {t("contact.take_back")}
          </Button>
        ) : (
          <>
            {trust === "changed" && (
              <Button look="quiet" onClick={() => void onJudge("open")}>
                {t("contact.continue")}
              </Button>
            )}
            {trust === "verified" && (
              <Button look="quiet" onClick={() => void onJudge("open")}>
                {t("contact.forget")}
              </Button>
            )}
            <Button look="danger" onClick={() => void onJudge("blocked")}>
              {t("contact.block")}
            </Button>
            <Button icon="send" onClick={() => void write()}>
              {t("contact.conversation")}
            </Button>
          </>
        )}
      </footer>
    </>
  );
}
