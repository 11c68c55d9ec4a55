import { useState } from "react";
import type { ContactCard } from "../../core/generated/ContactCard";
import type { Judgement } from "../../core/generated/Judgement";
import type { Failure } from "../../state/core";
import { useApp } from "../app/context";
import { Button } from "../parts/button";
import { Dialog } from "../parts/dialog";
import { FailureText, Loading } from "../parts/messages";
import { ContactView } from "./contact-view";
import { useContact } from "./use-contact";
import { VerifyInPerson } from "./verify-in-person";
import { WatchIdVideo } from "./watch-id-video";

type Face = "card" | "verify" | "watch";

interface Props {
  readonly userId: string;
  readonly name: string;
  readonly onClose: () => void;
  readonly first?: Face;
}

/** Who somebody is, how one knows, and what one makes of it. */
export function ContactDialog({ userId, name, onClose, first = "card" }: Props) {
  const { client, t } = useApp();
  const { card, failure, again } = useContact(userId);
  const [face, setFace] = useState<Face>(first);
  const [said, setSaid] = useState(false);
  const [refused, setRefused] = useState<Failure | null>(null);
  const judge = async (card: ContactCard, judgement: Judgement): Promise<void> => {
    setRefused(null);
    const { person, video } = card;
    const contact = { user_id: person.user_id, fingerprint: person.fingerprint, ...(video && { blob_id: video.file.blob_id }) };
    const outcome = await client.commands.judgeContact(contact, judgement);
    if (!outcome.ok) {
      setRefused(outcome.failure);
      again();
      return;
    }
    setFace("card");
    setSaid(true);
  };
  const titles = { card: t("contact.title"), verify: t("contact.person.title", { name }), watch: t("contact.watch.title", { name }) };
  return (
    <Dialog title={titles[face]} onClose={onClose} keep={face === "watch"}>
      {card === null && failure === null && <Loading>{t("contact.loading")}</Loading>}
      {failure && (
        <>
          <FailureText failure={failure} />
          <footer className="dialog-footer">
            <Button onClick={again}>{t("contact.retry")}</Button>
          </footer>
        </>
      )}
      <p className="visually-hidden" role="status">
        {said && t("contact.said")}
      </p>
      <FailureText failure={refused} />
      {card && face === "card" && <ContactView card={card} onFace={setFace} onJudge={(judgement) => judge(card, judgement)} onClose={onClose} />}
      {card && face === "verify" && <VerifyInPerson card={card} onBack={() => setFace("card")} onJudge={(judgement) => judge(card, judgement)} />}
      {card && face === "watch" && <WatchIdVideo key={card.video?.file.blob_id ?? ""} card={card} onBack={() => setFace("card")} onJudge={(judgement) => judge(card, judgement)} />}
    </Dialog>
  );
}
