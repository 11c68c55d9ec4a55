import { useEffect, useState } from "react";
import type { PersonCard } from "../../core/generated/PersonCard";
import type { Failure } from "../../state/core";
import { useApp, useStore } from "../app/context";
import { Avatar } from "../parts/avatar";
import { Button } from "../parts/button";
import { FailureText, Loading } from "../parts/messages";
import { TrustBadge } from "../parts/trust";
import { ContactButton } from "./contact-button";

/** Whom one declined or blocked, and taking it back. */
export function Unwanted() {
  const { client, t } = useApp();
  const revision = useStore(client.contacts);
  const [people, setPeople] = useState<readonly PersonCard[] | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [asked, setAsked] = useState(0);
  useEffect(() => {
    let wanted = true;
    void client.commands.listContacts().then((outcome) => {
      if (!wanted) return;
      if (outcome.ok) setPeople(outcome.value.filter(({ trust }) => trust === "declined" || trust === "blocked"));
      setFailure(outcome.ok ? null : outcome.failure);
    });
    return () => {
      wanted = false;
    };
  }, [client, revision, asked]);
  const allow = async ({ user_id, fingerprint }: PersonCard): Promise<void> => {
    const outcome = await client.commands.judgeContact({ user_id, fingerprint }, "open");
    setFailure(outcome.ok ? null : outcome.failure);
  };
  if (people?.length === 0) return <p className="soft">{t("settings.contacts_none")}</p>;
  return (
    <>
      <p className="soft">{t("settings.contacts_text")}</p>
      <FailureText failure={failure} />
      {people === null && !failure && <Loading>{t("settings.contacts_loading")}</Loading>}
      {people === null && failure && (
        <Button
          onClick={() => {
            setFailure(null);
            setAsked((count) => count + 1);
          }}
        >
          {t("common.retry")}
        </Button>
      )}
      <ul className="rows">
        {people?.map((person) => (
          <li key={person.user_id} className="row">
            <Avatar id={person.user_id} name={person.name} />
            <div className="row-text">
              <ContactButton userId={person.user_id} name={person.name} className="row-title" />
              <span className="soft">{person.email}</span>
              <TrustBadge trust={person.trust} />
            </div>
            <Button onClick={() => void allow(person)} aria-label={t("settings.allow", { name: person.name })}>
              {t("contact.take_back")}
            </Button>
          </li>
        ))}
      </ul>
    </>
  );
}
