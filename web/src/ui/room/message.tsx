import type { MessageView } from "../../core/generated/MessageView";
import type { RoomView } from "../../core/generated/RoomView";
import { failureText, roomEventText } from "../../i18n/codes";
import { timeText } from "../../i18n/format";
import type { MessageGroup } from "../../state/conversation";
import { useApp } from "../app/context";
import { Avatar } from "../parts/avatar";
import { Icon, type IconName } from "../parts/icons";

interface GroupProps {
  readonly room: RoomView;
  readonly group: MessageGroup;
  readonly firstUnread: string | null;
}

/** Messages of one author in a row; one's own stand apart. */
export function MessageGroupView({ room, group, firstUnread }: GroupProps) {
  const [first] = group.messages;
  if (first?.body.type === "room_event") {
    return (
      <>
        <UnreadMarker shown={first.message_id === firstUnread} />
        <EventRow message={first} />
      </>
    );
  }
  return (
    <div className={group.mine ? "group group-mine" : "group"}>
      {!group.mine && <Avatar id={group.author} name={group.authorName} size="small" />}
      <div className="group-messages">
        {group.messages.map((message, index) => (
          <div key={message.message_id} data-message={message.message_id}>
            <UnreadMarker shown={message.message_id === firstUnread} />
            <Message room={room} message={message} first={index === 0} last={index === group.messages.length - 1} />
          </div>
        ))}
      </div>
    </div>
  );
}

function UnreadMarker({ shown }: { readonly shown: boolean }) {
  const { t } = useApp();
  return shown ? <p className="unread-marker">{t("room.unread_marker")}</p> : null;
}

function EventRow({ message }: { readonly message: MessageView }) {
  const { t } = useApp();
  if (message.body.type !== "room_event") return null;
  return (
    <article className="event" data-message={message.message_id}>
      <span>{roomEventText(t, message.body.event, message.author_name)}</span>
      <time dateTime={new Date(message.sent_at).toISOString()}>{timeText(t.locale, message.sent_at)}</time>
    </article>
  );
}

interface MessageProps {
  readonly room: RoomView;
  readonly message: MessageView;
  readonly first: boolean;
  readonly last: boolean;
}

function Message({ room, message, first, last }: MessageProps) {
  const { t } = useApp();
  // In a direct room, and for oneself, the place says who wrote; a screen reader is told all the same.
  const authorShown = first && !message.mine && room.kind !== "direct";
  return (
    <article className="message">
      <bdi className={authorShown ? "message-author" : "visually-hidden"}>{message.author_name}</bdi>
      <div className="bubble">
        <MessageText message={message} />
      </div>
      <div className={last || message.delivery === "failed" ? "message-foot" : "message-foot message-foot-quiet"}>
        <time dateTime={new Date(message.sent_at).toISOString()}>{timeText(t.locale, message.sent_at)}</time>
        {message.delivery !== "received" && <DeliveryState room={room} message={message} />}
      </div>
    </article>
  );
}

function MessageText({ message }: { readonly message: MessageView }) {
  const { t } = useApp();
  if (message.body.type === "text") return <p className="message-text" dir="auto">{message.body.text}</p>;
  return <p className="message-unknown">{t("message.unknown")}</p>;
}

const DELIVERY_ICON = { sending: "clock", sent: "check", failed: "alert" } as const satisfies Record<string, IconName>;

function DeliveryState({ room, message }: { readonly room: RoomView; readonly message: MessageView }) {
  const { client, t } = useApp();
  if (message.delivery === "received") return null;
  const retry = async (): Promise<void> => {
    const outcome = await client.commands.retryMessage(room.room_id, message.message_id);
    if (!outcome.ok) client.board.notify("alert", (t) => failureText(t, outcome.failure));
  };
  return (
    <span className={`delivery delivery-${message.delivery}`}>
      <Icon name={DELIVERY_ICON[message.delivery]} size={14} />
      {t(`message.${message.delivery}`)}
      {message.delivery === "failed" && (
        <button
          type="button"
          className="text-button"
          onClick={() => {
            void retry();
          }}
        >
          {t("message.retry")}
        </button>
      )}
    </span>
  );
}
