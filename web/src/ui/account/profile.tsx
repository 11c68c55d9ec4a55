import type { PersonCard } from "../../core/generated/PersonCard";
import { useContactsView, useText } from "../app/context";
import { OwnVideo } from "../contacts/contact-view";
import { QrCode } from "../contacts/qr-code";
import { KeyWords, keyText } from "../contacts/verify-in-person";
import { Avatar } from "../parts/avatar";
import { Fingerprint } from "../parts/fingerprint";
import { TextPage } from "../rooms/page";

/** Who one is for others. */
export function Profile({ me }: { readonly me: PersonCard }) {
  const t = useText();
  const policies = useContactsView();
  return (
    <TextPage title={t("profile.title")}>
      <section className="card profile-card">
        <Avatar id={me.user_id} name={me.name} size="large" />
        <dl className="facts">
          <dt>{t("profile.name")}</dt>
          <dd>
            <bdi>{me.name}</bdi>
          </dd>
          <dt>{t("profile.email")}</dt>
          <dd>{me.email}</dd>
        </dl>
      </section>
      <p className="soft">{t("profile.fixed")}</p>
      <section className="card">
        <h2>{t("profile.identity")}</h2>
        <p>{t("profile.identity_text")}</p>
        <div className="contact-compare">
          <QrCode text={keyText(me.user_id, me.fingerprint)} label={t("contact.person.qr")} />
          <Fingerprint hex={me.fingerprint} />
        </div>
        <KeyWords userId={me.user_id} fingerprint={me.fingerprint} recordedOn={policies?.own_video ?? null} />
      </section>
      <section className="card">
        <h2>{t("id_video.own")}</h2>
        <OwnVideo />
      </section>
    </TextPage>
  );
}
