import { memo, useEffect, useMemo, useRef, useState } from "react";
import type { FileCard } from "../../core/generated/FileCard";
import type { MessageView } from "../../core/generated/MessageView";
import type { QuoteView } from "../../core/generated/QuoteView";
import { roomEventText } from "../../i18n/codes";
import { timeText } from "../../i18n/format";
import type { MessageGroup } from "../../state/conversation";
import { lineText } from "../../i18n/files";
import { useApp } from "../app/context";
import { ContactButton } from "../contacts/contact-button";
import { FileBody } from "../files/file-body";
import { shownFile } from "../files/shown-file";
import { Avatar } from "../parts/avatar";
import { Confirm } from "../parts/dialog";
import { Icon } from "../parts/icons";
import { Markup } from "../parts/markup";
import { ForwardMessage } from "./forward";
import { MessageActions, type OpenAction } from "./message-actions";
import { MessageFoot } from "./message-foot";
import { MessageReactions } from "./message-reactions";
import { useNear } from "./use-near";

/** What all messages of a list have in common. */
interface Common {
  readonly roomId: string;
  /** A room of two: the place of a message says who wrote it. */
  readonly direct: boolean;
  /** The message at which Tab stops. */
  readonly stop: string | null;
  /** The message to which one was led just now. */
  readonly found: string | null;
  readonly onQuote: (messageId: string) => void;
}

interface GroupProps extends Common {
  readonly group: MessageGroup;
  readonly firstUnread: string | null;
}

/** Messages of one author in a row; one's own stand apart. */
export function MessageGroupView({ group, firstUnread, ...common }: GroupProps) {
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
            <Message
              roomId={common.roomId}
              message={message}
              authorShown={index === 0 && !message.mine && !common.direct}
              last={index === group.messages.length - 1}
              stop={message.message_id === common.stop}
              found={message.message_id === common.found}
              onQuote={common.onQuote}
            />
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
  readonly roomId: string;
  readonly message: MessageView;
  /** In a direct room, and for oneself, the place says who wrote; a screen reader is told all the same. */
  readonly authorShown: boolean;
  readonly last: boolean;
  readonly stop: boolean;
  readonly found: boolean;
  readonly onQuote: (messageId: string) => void;
}

/** Drawn anew only where it changed: a list has many. */
const Message = memo(function Message({ roomId, message, authorShown, last, stop, found, onQuote }: MessageProps) {
  const { t } = useApp();
  const article = useRef<HTMLElement>(null);
  const { near, props: nearProps, release } = useNear(article);
  const [open, setOpen] = useState<OpenAction>(null);
  const [asking, setAsking] = useState<"delete" | "forward" | null>(null);
  const close = (): void => {
    setAsking(null);
  };
  useFocusBack(article, asking !== null);
  const { body } = message;
  return (
    // Not a control itself: arrow keys lead here, and from here Tab to what can be done.
    <article
      ref={article}
      className={found ? "message message-found" : "message"}
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={stop ? 0 : -1}
      {...nearProps}
    >
      {authorShown ? (
        <ContactButton userId={message.author} name={message.author_name} className="message-author" tabIndex={stop ? 0 : -1} />
      ) : (
        <bdi className="visually-hidden">{message.author_name}</bdi>
      )}
      <div className="bubble-line">
        <div className={BUBBLES[body.type] ?? "bubble bubble-bare"}>
          {message.forwarded && (
            <p className="forwarded">
              <Icon name="forward" size={14} />
              {t("message.forwarded")}
            </p>
          )}
          {message.reply_to && <Quote quote={message.reply_to} onPress={onQuote} />}
          <MessageBody message={message} />
        </div>
        {(near || open !== null) && (
          <MessageActions
            roomId={roomId}
            message={message}
            open={open}
            onOpen={setOpen}
            onDone={release}
            onDelete={() => {
              setAsking("delete");
            }}
            onForward={() => {
              setAsking("forward");
            }}
          />
        )}
      </div>
      <MessageReactions roomId={roomId} message={message} />
      <MessageFoot roomId={roomId} message={message} last={last} />
      {asking === "delete" && <DeleteMessage roomId={roomId} message={message} onClose={close} />}
      {asking === "forward" && <ForwardMessage roomId={roomId} message={message} onClose={close} />}
    </article>
  );
});

/** What stands in a bubble of its author's; the rest in one without colour. */
const BUBBLES: Partial<Record<MessageView["body"]["type"], string>> = { text: "bubble", file: "bubble bubble-file" };

function MessageBody({ message: { body, mentions, author_name } }: { readonly message: MessageView }) {
  const { t } = useApp();
  switch (body.type) {
    case "text":
      return <Markup text={body.text} mentions={mentions} />;
    case "file":
      return (
        <>
          <MessageFile card={body.file} />
          {body.text !== "" && <Markup text={body.text} mentions={mentions} />}
        </>
      );
    case "broken_file":
      return <p className="message-other">{t("files.broken", { name: author_name })}</p>;
    case "deleted":
      return <p className="message-other">{t("message.deleted")}</p>;
    case "unknown":
    case "room_event":
      return <p className="message-other">{t("message.unknown")}</p>;
  }
}

/** Goes with the message, and lets go of what it opened. */
function MessageFile({ card }: { readonly card: FileCard }) {
  const { files } = useApp();
  const file = useMemo(() => shownFile(card), [card]);
  return <FileBody file={file} files={files.source} />;
}

/** The beginning of what is answered; leads there. */
function Quote({ quote, onPress }: { readonly quote: QuoteView; readonly onPress: (messageId: string) => void }) {
  const { t } = useApp();
  const line = lineText(t, quote.preview, quote.file);
  if (quote.author_name === "") return <p className="quote quote-gone">{t("message.quote.gone")}</p>;
  return (
    <button
      type="button"
      className="quote"
      onClick={() => {
        onPress(quote.message_id);
      }}
    >
      <span className="visually-hidden">{t("message.quote", { name: quote.author_name })} </span>
      <bdi className="quote-author" aria-hidden="true">
        {quote.author_name}
      </bdi>
      <span className="quote-text" dir="auto">
        {line === "" ? t("message.quote.no_text") : line}
      </span>
    </button>
  );
}

interface DeleteProps {
  readonly roomId: string;
  readonly message: MessageView;
  readonly onClose: () => void;
}

function DeleteMessage({ roomId, message, onClose }: DeleteProps) {
  const { client, t } = useApp();
  return (
    <Confirm
      title={t("message.delete.title")}
      text={<p>{message.mine ? t("message.delete.own") : t("message.delete.others", { name: message.author_name })}</p>}
      confirm={t("message.delete")}
      act={() => client.commands.deleteMessage(roomId, message.message_id)}
      onClose={onClose}
    />
  );
}

/** What opened the dialog may be gone when it closes: the focus stays with the message, or with the list. */
function useFocusBack(article: { readonly current: HTMLElement | null }, busy: boolean): void {
  const was = useRef(false);
  useEffect(() => {
    if (was.current && !busy) article.current?.focus({ preventScroll: true });
    was.current = busy;
    const element = article.current;
    const log = element?.closest<HTMLElement>("[role=log]");
    return () => {
      if (busy && !element?.isConnected) log?.focus({ preventScroll: true });
    };
  }, [article, busy]);
}
