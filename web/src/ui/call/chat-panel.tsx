import { memo, useEffect, useLayoutEffect, useRef, useState, type RefObject } from "react";
import type { Delivery } from "../../core/generated/Delivery";
import type { CallMessageView } from "../../core/generated/CallMessageView";
import { timeText } from "../../i18n/format";
import type { Failure } from "../../state/core";
import { useApp, useStore } from "../app/context";
import { GuestBadge } from "../parts/guest-badge";
import { Icon, type IconName } from "../parts/icons";
import { Markup } from "../parts/markup";
import { Empty, FailureText } from "../parts/messages";
import { Panel } from "../parts/panel";
import { WriteBox } from "../parts/write-box";

/** Nearer to the end than this, one reads the newest, and what comes is scrolled to. */
const AT_END_PX = 48;

/** The chat of the call. */
export function ChatPanel({ onClose }: { readonly onClose: () => void }) {
  const { client, t } = useApp();
  const { messages } = useStore(client.callChat.view);
  const { announce } = useStore(client.preferences.view);
  const log = useRef<HTMLDivElement>(null);
  const box = useRef<HTMLTextAreaElement>(null);
  // On a phone the screen keyboard would cover what one came to read.
  const [focus] = useState(() => (window.matchMedia("(pointer: fine)").matches ? box : undefined));
  const onScroll = useEnd(log, messages);
  useEffect(() => client.callChat.open(), [client]);
  return (
    <Panel
      title={t("chat.title")}
      onClose={onClose}
      log={{ live: announce.chat ? "polite" : "off", scroll: log, onScroll }}
      foot={<ChatBox box={box} />}
      focus={focus}
    >
      <p className="soft chat-note">{t("chat.note")}</p>
      {messages.length === 0 && (
        <Empty title={t("chat.empty.title")} icon="chat">
          <p>{t("chat.empty.text")}</p>
        </Empty>
      )}
      {messages.map((message) => (
        <ChatMessage key={message.message_id} message={message} />
      ))}
    </Panel>
  );
}

const DELIVERY = {
  sending: { icon: "clock", text: "message.sending" },
  sent: { icon: "check", text: "message.sent" },
  failed: { icon: "alert", text: "message.failed" },
} as const satisfies Record<string, { icon: IconName; text: string }>;

/** How far a message is. In calls there are no receipts: it was said, or not. */
function stateOf(delivery: Delivery): (typeof DELIVERY)[keyof typeof DELIVERY] | null {
  return delivery === "sending" || delivery === "sent" || delivery === "failed" ? DELIVERY[delivery] : null;
}

/** Drawn anew only where it changed: each that comes would else draw all that were there. */
const ChatMessage = memo(function ChatMessage({ message }: { readonly message: CallMessageView }) {
  const { t } = useApp();
  const { delivery, person, sent_at, text } = message;
  const state = stateOf(delivery);
  return (
    <article className="chat-message">
      <p className="chat-head">
        <bdi className="message-author">{message.mine ? t("call.own", { name: person.name }) : person.name}</bdi>
        {person.guest && <GuestBadge />}
        <time className="soft" dateTime={new Date(sent_at).toISOString()}>
          {timeText(t.locale, sent_at)}
        </time>
        {state && (
          <span className={`delivery delivery-${delivery}`}>
            <Icon name={state.icon} size={14} />
            <span className={delivery === "sent" ? "visually-hidden" : ""}>{t(state.text)}</span>
          </span>
        )}
      </p>
      <Markup text={text} />
    </article>
  );
});

function ChatBox({ box }: { readonly box: RefObject<HTMLTextAreaElement | null> }) {
  const { client, t } = useApp();
  const [text, setText] = useState(client.callChat.draft);
  const [failure, setFailure] = useState<Failure | null>(null);
  const change = (value: string): void => {
    setText(value);
    client.callChat.draft = value;
  };
  const send = async (body: string): Promise<void> => {
    setFailure(null);
    change("");
    const callId = client.call.get()?.call_id;
    const outcome = await client.commands.sayInCall(body);
    // What was meant for one call is no draft of another.
    if (outcome.ok || client.call.get()?.call_id !== callId) return;
    setFailure(outcome.failure);
    const typedSince = client.callChat.draft;
    change(typedSince === "" ? body : `${body}\n${typedSince}`);
  };
  return (
    <div className="composer-area chat-box">
      <FailureText failure={failure} />
      <WriteBox
        box={box}
        label={t("chat.message")}
        placeholder={t("chat.placeholder")}
        text={text}
        onChange={change}
        onSend={(body) => {
          void send(body);
        }}
      />
    </div>
  );
}

/** Stays at the end while one is there; who reads further up is left in peace. */
function useEnd(log: RefObject<HTMLDivElement | null>, messages: readonly CallMessageView[]): () => void {
  const atEnd = useRef(true);
  useLayoutEffect(() => {
    const { current } = log;
    if (current && (atEnd.current || messages.at(-1)?.delivery === "sending")) current.scrollTop = current.scrollHeight;
  }, [log, messages]);
  return () => {
    const { current } = log;
    if (current) atEnd.current = current.scrollHeight - current.scrollTop - current.clientHeight < AT_END_PX;
  };
}
