import { useCallback, useSyncExternalStore } from "react";
import type { MessageView } from "../../core/generated/MessageView";
import { failureText } from "../../i18n/codes";
import { leftText, listText, spanText, timeText } from "../../i18n/format";
import { leftUntil } from "../../state/timers";
import { useApp } from "../app/context";
import { Icon, type IconName } from "../parts/icons";

interface Props {
  readonly roomId: string;
  readonly message: MessageView;
  /** The last of its group, which shows the time for all. */
  readonly last: boolean;
}

/** Under a message: when, whether it was changed, how long it lives, how far it is. */
export function MessageFoot({ roomId, message, last }: Props) {
  const { t } = useApp();
  const { sent_at, edited, ends_at, burn_ms, delivery, saved } = message;
  const says = last || edited || saved || ends_at !== null || burn_ms !== null || delivery === "failed";
  return (
    <div className={says ? "message-foot" : "message-foot message-foot-quiet"}>
      <time dateTime={new Date(sent_at).toISOString()}>{timeText(t.locale, sent_at)}</time>
      {edited && <span>{t("message.edited")}</span>}
      {saved && (
        <span className="life">
          <Icon name="bookmark" size={14} />
          {t("message.saved")}
        </span>
      )}
      {ends_at !== null && <Countdown endsAt={ends_at} />}
      {burn_ms !== null && (
        <span className="life">
          <Icon name="flame" size={14} />
          {t("message.burns", { time: spanText(t.locale, burn_ms) })}
        </span>
      )}
      {delivery !== "received" && <DeliveryState roomId={roomId} message={message} />}
    </div>
  );
}

function Countdown({ endsAt }: { readonly endsAt: number }) {
  const { client, t } = useApp();
  const subscribe = useCallback((listener: () => void) => client.countdowns.watch(endsAt, listener), [client, endsAt]);
  const time = useSyncExternalStore(subscribe, () => leftText(t.locale, leftUntil(endsAt, Date.now())));
  return (
    // It changes all the time: nothing to be read out.
    <span className="life" aria-live="off">
      <Icon name="clock" size={14} />
      {t("message.left", { time })}
    </span>
  );
}

const DELIVERY_ICON = { sending: "clock", sent: "check", delivered: "checks", read: "checks", failed: "alert" } as const satisfies Record<string, IconName>;

function DeliveryState({ roomId, message }: { readonly roomId: string; readonly message: MessageView }) {
  const { client, t } = useApp();
  if (message.delivery === "received") return null;
  const retry = async (): Promise<void> => {
    const outcome = await client.commands.retryMessage(roomId, message.message_id);
    if (!outcome.ok) client.board.notify("alert", (t) => failureText(t, outcome.failure));
  };
  // Of two people it goes without saying who has read it, and of many when all have.
  const some = message.delivery !== "read" && message.read_by.length > 0;
  const readers = some ? listText(t.locale, message.read_by) : null;
  return (
    <span className={`delivery delivery-${message.delivery}`}>
      <Icon name={DELIVERY_ICON[message.delivery]} size={14} />
      {readers === null ? t(`message.${message.delivery}`) : t("message.read_by", { names: readers })}
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
