import { useMemo, useRef, type ReactNode } from "react";
import type { RoomView } from "../../core/generated/RoomView";
import { dayNumber, dayText } from "../../i18n/format";
import { groupMessages } from "../../state/conversation";
import { useApp, useStore } from "../app/context";
import { Button } from "../parts/button";
import { Icon } from "../parts/icons";
import { Empty, Loading } from "../parts/messages";
import { useNow } from "../parts/now";
import { MessageGroupView } from "./message";
import { useMarkRead } from "./mark-read";
import { useScroll } from "./scroll";
import { useStops } from "./use-stops";

/** The messages of a room: a window on what is loaded, which never jumps under the reader. */
export function MessageList({ room }: { readonly room: RoomView }) {
  const { client, t } = useApp();
  const conversation = useStore(client.conversation(room.room_id));
  const preferences = useStore(client.preferences.view);
  const box = useRef<HTMLDivElement>(null);
  const scroll = useScroll(box, room.room_id, conversation);
  useMarkRead(room, scroll.atEnd && conversation.loaded);
  const now = useNow(60_000);
  const { start, end } = scroll.span;
  const visible = useMemo(() => conversation.messages.slice(start, end), [conversation, start, end]);
  const spoken = useMemo(() => visible.filter(({ body }) => body.type !== "room_event"), [visible]);
  const days = groupMessages(visible, dayNumber);
  const stops = useStops(box, useMemo(() => spoken.map(({ message_id }) => message_id), [spoken]));
  // Only what comes while one reads at the end is news; what is loaded above or below is not.
  const live = scroll.atEnd && conversation.loaded && preferences.announce.messages ? "polite" : "off";
  return (
    <div className="messages-frame">
      {/* Arrow keys lead from message to message, which have the focus themselves. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <div
        ref={box}
        className="messages"
        role="log"
        aria-label={t("room.messages")}
        aria-live={live}
        aria-busy={scroll.loadingOlder || scroll.seeking}
        // A scrolling region has to be reachable by keyboard.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        onScroll={scroll.onScroll}
        onFocus={stops.onFocus}
        onKeyDown={stops.onKeyDown}
      >
        <div className="messages-content">
          {!conversation.loaded && <Loading>{t("room.loading")}</Loading>}
          {conversation.loaded && conversation.messages.length === 0 && (
            <Empty title={t("room.empty.title")} icon="lock">
              <p>{t("room.empty.text")}</p>
            </Empty>
          )}
          {scroll.span.start === 0 && conversation.messages.length > 0 && (
            <p className="history-start soft">
              {conversation.hasOlder ? (
                <Button look="quiet" busy={scroll.loadingOlder} onClick={scroll.loadOlder}>
                  {t(scroll.loadingOlder ? "room.loading_older" : "room.load_older")}
                </Button>
              ) : (
                t("room.beginning")
              )}
            </p>
          )}
          {days.map(({ day, groups }) => (
            <Day key={day} title={dayTitle(day, groups[0]?.messages[0]?.sent_at ?? 0)}>
              {groups.map((group) => (
                <MessageGroupView
                  key={group.key}
                  roomId={room.room_id}
                  direct={room.kind === "direct"}
                  group={group}
                  firstUnread={conversation.firstUnread}
                  stop={stops.stop}
                  found={scroll.found}
                  onQuote={scroll.jumpTo}
                />
              ))}
            </Day>
          ))}
        </div>
      </div>
      {scroll.seeking && (
        <p className="seeking" role="status">
          <span className="spinner" aria-hidden="true" />
          {t("room.seeking")}
        </p>
      )}
      {!scroll.atEnd && (
        <button type="button" className="jump" onClick={scroll.jumpToEnd}>
          <Icon name="down" size={18} />
          {scroll.newBelow > 0 ? t("room.new_below", { count: scroll.newBelow }) : t("room.jump")}
        </button>
      )}
    </div>
  );

  function dayTitle(day: number, at: number): string {
    const ago = dayNumber(now) - day;
    if (ago === 0) return t("room.today");
    return ago === 1 ? t("room.yesterday") : dayText(t.locale, at, now);
  }
}

function Day({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className="day" aria-label={title}>
      <h2 className="day-title">{title}</h2>
      {children}
    </section>
  );
}
