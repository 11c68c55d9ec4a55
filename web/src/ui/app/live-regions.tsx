import { useEffect, useState } from "react";
import type { Notice } from "../../state/board";
import { TOOLTIPS } from "../parts/button";
import { Icon } from "../parts/icons";
import { useApp, useStore } from "./context";

/** A polite notice goes by itself after this: long enough to read two sentences. */
const STATUS_LIFE_MS = 7_000;

/** An announcement is taken out again, so that nobody meets it while browsing the page. */
const ANNOUNCEMENT_LIFE_MS = 4_000;

/**
 * The page's two live regions. They are always there, for screen readers listen only to regions that they know;
 * `data-live-announcer` keeps them heard while a dialog is open.
 */
export function LiveRegions() {
  const { client, t } = useApp();
  const notices = useStore(client.board.notices);
  return (
    <section aria-label={t("status.region")}>
      <div className="toasts" data-live-announcer="true">
        <div role="status" aria-live="polite">
          <Announcement />
          <Toasts notices={notices.filter((notice) => notice.urgency === "status")} />
        </div>
        <div role="alert" aria-live="assertive">
          <Toasts notices={notices.filter((notice) => notice.urgency === "alert")} />
        </div>
      </div>
      {/* Tooltips stand here, so that all content of the page is in a landmark. */}
      <div id={TOOLTIPS} />
    </section>
  );
}

function Toasts({ notices }: { readonly notices: readonly Notice[] }) {
  return notices.map((notice) => <Toast key={notice.id} notice={notice} />);
}

function Toast({ notice }: { readonly notice: Notice }) {
  const { client, t } = useApp();
  const [held, setHeld] = useState(false);
  const urgent = notice.urgency === "alert";
  useEffect(() => {
    if (urgent || held) return;
    const timer = setTimeout(() => {
      client.board.dismiss(notice.id);
    }, STATUS_LIFE_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [client, notice.id, urgent, held]);
  const hold = (on: boolean) => () => {
    setHeld(on);
  };
  return (
    <div
      className={urgent ? "toast toast-alert" : "toast"}
      onPointerEnter={hold(true)}
      onPointerLeave={hold(false)}
      onFocus={hold(true)}
      onBlur={hold(false)}
    >
      <Icon name={urgent ? "alert" : "info"} />
      <p>{notice.text(t)}</p>
      <button
        type="button"
        className="icon-button"
        aria-label={t("common.dismiss")}
        onClick={() => {
          client.board.dismiss(notice.id);
        }}
      >
        <Icon name="close" size={18} />
      </button>
    </div>
  );
}

function Announcement() {
  const { client, t } = useApp();
  const announcement = useStore(client.board.announcement);
  const [spoken, setSpoken] = useState<number | null>(null);
  useEffect(() => {
    if (!announcement) return;
    const timer = setTimeout(() => {
      setSpoken(announcement.id);
    }, ANNOUNCEMENT_LIFE_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [announcement]);
  const text = announcement && announcement.id !== spoken ? announcement.text(t) : "";
  return <p className="visually-hidden">{text}</p>;
}
