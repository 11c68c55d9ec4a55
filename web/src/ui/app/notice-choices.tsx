import { useState } from "react";
import { permission } from "../../push/permission";
import { NOTICE_KINDS } from "../../state/news";
import { Button } from "../parts/button";
import { ImpossibleToggle, Toggle } from "../parts/toggle";
import { useApp, useStore } from "./context";

/** The kinds of notices, each with its switch. */
export function NoticeKinds() {
  const { client, t } = useApp();
  const { notify } = useStore(client.preferences.view);
  return NOTICE_KINDS.map((kind) => (
    <Toggle
      key={kind}
      on={notify[kind]}
      onChange={(on) => {
        client.preferences.setNotify(kind, on);
      }}
    >
      {t(`notify.kind.${kind}`)}
    </Toggle>
  ));
}

/** What the settings say of notices: what the system allows, and what one wants. */
export function NoticeSettings() {
  const { client, t, waking } = useApp();
  const { quiet } = useStore(client.preferences.view);
  const [allowed, setAllowed] = useState(permission());
  const { hindrance } = waking;
  const ask = async (): Promise<void> => {
    client.preferences.setNotifyAsked();
    setAllowed(await Notification.requestPermission());
    waking.look();
  };
  return (
    <>
      {allowed === "default" && (
        <>
          <p>{t("notify.off_text")}</p>
          <NoticeKinds />
          <div className="panel-actions">
            <Button onClick={() => void ask()}>{t("notify.allow")}</Button>
          </div>
        </>
      )}
      {(allowed === "denied" || allowed === "missing") && hindrance !== "insecure" && <p>{t(`notify.${allowed}`)}</p>}
      {allowed === "granted" && <NoticeKinds />}
      {hindrance && <ImpossibleToggle why={t(`notify.hindrance.${hindrance}`)}>{t("notify.closed")}</ImpossibleToggle>}
      {allowed === "granted" && !hindrance && <WhileClosed />}
      <Toggle
        on={quiet}
        onChange={(on) => {
          client.preferences.setQuiet(on);
        }}
      >
        {t("notify.quiet")}
      </Toggle>
      <p className="soft">{t("notify.quiet_text")}</p>
    </>
  );
}

/** Whether the browser is woken while the app is closed, who learns of it, and why it may not work. */
function WhileClosed() {
  const { client, t, waking } = useApp();
  const { notify, quiet, wake } = useStore(client.preferences.view);
  const state = useStore(waking.state);
  return (
    <>
      <Toggle
        on={wake}
        onChange={(on) => {
          client.preferences.setWake(on);
        }}
      >
        {t("notify.closed")}
      </Toggle>
      <p className="soft">{t("notify.closed_text")}</p>
      {wake && notify.messages && !quiet && (state === "unavailable" || state === "refused") && <p role="status">{t(`notify.closed_${state}`)}</p>}
    </>
  );
}

/** Asks once, after the first sign-in, whether one wants to hear of what is new. Refusing costs nothing. */
export function AskForNotices() {
  const { client, navigator, t, waking } = useApp();
  const { notifyAsked } = useStore(client.preferences.view);
  if (notifyAsked || permission() !== "default") return null;
  const done = (): void => {
    client.preferences.setNotifyAsked();
  };
  const turnOn = async (): Promise<void> => {
    await Notification.requestPermission();
    waking.look();
    done();
  };
  return (
    <section className="ask-card" aria-label={t("notify.ask_title")}>
      <p className="ask-title">{t("notify.ask_title")}</p>
      <div className="ask-actions">
        <Button
          look="primary"
          onClick={() => {
            void turnOn();
          }}
        >
          {t("notify.turn_on")}
        </Button>
        <Button
          look="quiet"
          onClick={() => {
            done();
            navigator.go({ page: "settings" });
          }}
        >
          {t("notify.choose")}
        </Button>
        <Button look="quiet" onClick={done}>
          {t("notify.not_now")}
        </Button>
      </div>
    </section>
  );
}
