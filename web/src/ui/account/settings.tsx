import { MAX_RECEIPT_MEMBERS, MAX_TYPING_MEMBERS } from "../../state/limits";
import { ANNOUNCEMENT_KINDS } from "../../state/preferences";
import { useApp, useStore } from "../app/context";
import { NoticeSettings } from "../app/notice-choices";
import { Unwanted } from "../contacts/unwanted";
import { LockSettings } from "./lock";
import { OwnQuickReplies } from "./quick-replies";
import { KeptToggle } from "../parts/kept-toggle";
import { Toggle } from "../parts/toggle";
import { TextPage } from "../rooms/page";

/** Choices for this device. */
export function Settings() {
  const { client, t } = useApp();
  const preferences = useStore(client.preferences.view);
  return (
    <TextPage title={t("settings.title")}>
      <section className="card">
        <h2>{t("settings.keyboard")}</h2>
        <Toggle
          on={preferences.singleKeyShortcuts}
          onChange={(on) => {
            client.preferences.setShortcuts(on);
          }}
        >
          {t("settings.shortcuts")}
        </Toggle>
        <p className="soft">{t("settings.shortcuts_hint")}</p>
      </section>
      <section className="card">
        <h2>{t("settings.writing")}</h2>
        <Toggle
          on={preferences.quickReplies}
          onChange={(on) => {
            client.preferences.setQuickReplies(on);
          }}
        >
          {t("settings.quick")}
        </Toggle>
        <p className="soft">{t("settings.quick_hint")}</p>
        {preferences.quickReplies && <OwnQuickReplies />}
      </section>
      <section className="card">
        <h2>{t("settings.notices")}</h2>
        <NoticeSettings />
      </section>
      <section className="card">
        <h2>{t("settings.lock")}</h2>
        <LockSettings />
      </section>
      <Receipts />
      <Typing />
      <section className="card">
        <h2>{t("settings.calls")}</h2>
        <Toggle
          on={preferences.ring}
          onChange={(on) => {
            client.preferences.setRing(on);
          }}
        >
          {t("settings.ring")}
        </Toggle>
      </section>
      <section className="card">
        <h2>{t("settings.contacts")}</h2>
        <Unwanted />
      </section>
      <section className="card">
        <h2>{t("settings.announcements")}</h2>
        {ANNOUNCEMENT_KINDS.map((kind) => (
          <Toggle
            key={kind}
            on={preferences.announce[kind]}
            onChange={(on) => {
              client.preferences.setAnnounce(kind, on);
            }}
          >
            {t(`settings.announce.${kind}`)}
          </Toggle>
        ))}
      </section>
      <section className="card">
        <h2>{t("settings.appearance")}</h2>
        <p>{t("settings.appearance_text")}</p>
      </section>
    </TextPage>
  );
}

function Receipts() {
  const { client, t } = useApp();
  const session = useStore(client.session);
  if (session.state !== "signed_in") return null;
  return (
    <section className="card">
      <h2>{t("settings.receipts")}</h2>
      <KeptToggle on={session.receipts} set={(on) => client.commands.setReceipts(on)}>
        {t("settings.receipts_on")}
      </KeptToggle>
      <p className="soft">{t("settings.receipts_text", { max: String(MAX_RECEIPT_MEMBERS) })}</p>
    </section>
  );
}

function Typing() {
  const { client, t } = useApp();
  const session = useStore(client.session);
  if (session.state !== "signed_in") return null;
  return (
    <section className="card">
      <h2>{t("settings.typing")}</h2>
      <KeptToggle on={session.typing} set={(on) => client.commands.setTypingSigns(on)}>
        {t("settings.typing_on")}
      </KeptToggle>
      <p className="soft">{t("settings.typing_text", { max: String(MAX_TYPING_MEMBERS) })}</p>
    </section>
  );
}
