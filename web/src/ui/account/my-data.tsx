import { useText } from "../app/context";
import { TextPage } from "../rooms/page";

/** What is stored about oneself, and where. */
export function MyData() {
  const t = useText();
  return (
    <TextPage title={t("data.title")} lead={t("data.lead")}>
      <section className="card">
        <h2>{t("data.device_title")}</h2>
        <p>{t("data.device_text")}</p>
      </section>
      <section className="card">
        <h2>{t("data.server_title")}</h2>
        <ul className="bullets">
          <li>{t("data.server_account")}</li>
          <li>{t("data.server_keys")}</li>
          <li>{t("data.server_rooms")}</li>
          <li>{t("data.server_messages")}</li>
        </ul>
      </section>
      <section className="card">
        <h2>{t("data.never_title")}</h2>
        <p>{t("data.never_text")}</p>
      </section>
    </TextPage>
  );
}
