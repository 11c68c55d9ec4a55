import type { ReactNode } from "react";
import { spanText } from "../../i18n/format";
import type { Translate } from "../../i18n/translate";
import { ROOM_TIMERS, type Timers } from "../../state/timers";
import { lineText } from "../../i18n/files";
import { useApp, useStore } from "../app/context";
import { Icon, type IconName } from "../parts/icons";

interface Props {
  readonly roomId: string;
  readonly onCancel: () => void;
}

/** Over what one writes: what is changed, or answered, and how long it is to live. */
export function WritingAbout({ roomId, onCancel }: Props) {
  const { client, t } = useApp();
  const store = client.writings.of(roomId);
  const { editing, answered, timers } = useStore(store);
  if (editing) {
    return (
      <About icon="pencil" title={t("writing.editing")} cancel={t("writing.cancel_edit")} onCancel={onCancel}>
        {editing.before}
      </About>
    );
  }
  return (
    <>
      {answered && (
        <About icon="reply" title={t("writing.answering", { name: answered.authorName })} cancel={t("writing.cancel_reply")} onCancel={onCancel}>
          {lineText(t, answered.preview, answered.file)}
        </About>
      )}
      {timersText(t, timers) !== "" && (
        <p className="timer-chip">
          <Icon name="clock" size={16} />
          <span>{timersText(t, timers)}</span>
          <button
            type="button"
            aria-label={t("timers.clear")}
            onClick={() => {
              store.update((writing) => ({ ...writing, timers: ROOM_TIMERS, wanted: writing.wanted + 1 }));
            }}
          >
            <Icon name="close" size={14} />
          </button>
        </p>
      )}
    </>
  );
}

/** How long what one writes is to live; empty where the room says it. */
function timersText(t: Translate, { ttlMs, burnMs }: Timers): string {
  const ttl = spanText(t.locale, ttlMs ?? 0);
  const burn = spanText(t.locale, burnMs ?? 0);
  if (ttlMs !== null && burnMs !== null) return t("timers.chip.both", { ttl, burn });
  if (ttlMs !== null) return t("timers.chip.ttl", { ttl });
  return burnMs === null ? "" : t("timers.chip.burn", { burn });
}

interface AboutProps {
  readonly icon: IconName;
  readonly title: string;
  readonly cancel: string;
  readonly onCancel: () => void;
  readonly children: ReactNode;
}

function About({ icon, title, cancel, onCancel, children }: AboutProps) {
  return (
    <div className="writing-about">
      <Icon name={icon} size={18} />
      <div className="writing-about-text">
        <p className="writing-about-title">{title}</p>
        <p className="quote-text" dir="auto">
          {children}
        </p>
      </div>
      <button type="button" className="icon-button" aria-label={cancel} title={cancel} onClick={onCancel}>
        <Icon name="close" size={18} />
      </button>
    </div>
  );
}
