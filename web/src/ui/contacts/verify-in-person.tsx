import type { ContactCard } from "../../core/generated/ContactCard";
import type { Judgement } from "../../core/generated/Judgement";
import { useText } from "../app/context";
import { Button } from "../parts/button";
import { Fingerprint } from "../parts/fingerprint";
import { QrCode } from "./qr-code";
import { useWords } from "./use-contact";
import { Words } from "./words";

interface Props {
  readonly card: ContactCard;
  readonly onBack: () => void;
  readonly onJudge: (judgement: Judgement) => Promise<void>;
}

/** Comparing in person: what this device has of the contact's key. */
export function VerifyInPerson({ card, onBack, onJudge }: Props) {
  const t = useText();
  const { name, fingerprint, user_id: userId } = card.person;
  return (
    <>
      <div className="dialog-body contact-card">
        <p>{t("contact.person.text", { name })}</p>
        <div className="contact-compare">
          <QrCode text={keyText(userId, fingerprint)} label={t("contact.person.qr")} />
          <Fingerprint hex={fingerprint} />
        </div>
        <KeyWords userId={userId} fingerprint={fingerprint} recordedOn={card.video?.recorded_on ?? null} />
      </div>
      <footer className="dialog-footer">
        <Button look="quiet" onClick={onBack}>
          {t("contact.back")}
        </Button>
        <Button look="danger" onClick={() => void onJudge("declined")}>
          {t("contact.person.differ")}
        </Button>
        <Button look="primary" onClick={() => void onJudge("in_person")}>
          {t("contact.person.match")}
        </Button>
      </footer>
    </>
  );
}

/** The words that this device derives from the key that it has. */
export function KeyWords({ userId, fingerprint, recordedOn }: { readonly userId: string; readonly fingerprint: string; readonly recordedOn: number | null }) {
  return <Words words={useWords(userId, fingerprint, recordedOn)} />;
}

/** What the QR code of a key says. */
export function keyText(userId: string, fingerprint: string): string {
  return `conclave:key:${userId}:${fingerprint}`;
}
