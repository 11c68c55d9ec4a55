import type { RoomView } from "../../core/generated/RoomView";
import type { Conversation } from "../../state/conversation";
import { useApp, useStore } from "../app/context";

const REPLIES = ["quick.yes", "quick.no", "quick.thanks", "quick.later"] as const;

interface Props {
  readonly room: RoomView;
  readonly onReply: (text: string) => void;
}

/** Short answers to what the other of two wrote last, each sent by one press; nothing where one wrote last oneself. */
export function QuickReplies({ room, onReply }: Props) {
  const { client, t } = useApp();
  const conversation = useStore(client.conversation(room.room_id));
  const { quickReplies } = useStore(client.preferences.view);
  const session = useStore(client.session);
  const own = session.state === "signed_in" ? session.quick_replies : [];
  const replies = own.length > 0 ? own : REPLIES.map((key) => t(key));
  if (!quickReplies || room.kind !== "direct" || !isAnswerable(conversation)) return null;
  return (
    <div className="quick-replies" role="group" aria-label={t("quick.title")}>
      {[...new Set(replies)].map((reply) => (
        <button
          key={reply}
          type="button"
          className="quick-reply"
          dir="auto"
          onClick={() => {
            onReply(reply);
          }}
        >
          {reply}
        </button>
      ))}
    </div>
  );
}

/** Whether the newest that was said is of the other, and can still be read. */
function isAnswerable({ messages }: Conversation): boolean {
  const newest = messages.findLast(({ body }) => body.type !== "room_event");
  return newest !== undefined && !newest.mine && (newest.body.type === "text" || newest.body.type === "file");
}
