import type { PersonCard } from "../../core/generated/PersonCard";
import { useText } from "../app/context";
import { Avatar } from "../parts/avatar";
import { Fingerprint } from "../parts/fingerprint";
import { TextPage } from "../rooms/page";

/** Who one is for others. */
export function Profile({ me }: { readonly me: PersonCard }) {
  const t = useText();
  return (
    <TextPage title={t("profile.title")}>
      <section className="card profile-card">
        <Avatar id={me.user_id} name={me.name} size="large" />
        <dl className="facts">
          <dt>{t("profile.name")}</dt>
          <dd>{me.name}</dd>
          <dt>{t("profile.email")}</dt>
          <dd>{me.email}</dd>
        </dl>
      </section>
      <p className="soft">{t("profile.fixed")}</p>
      <section className="card">
        <h2>{t("profile.identity")}</h2>
        <p>{t("profile.identity_text")}</p>
        <Fingerprint hex={me.fingerprint} />
      </section>
    </TextPage>
  );
}
