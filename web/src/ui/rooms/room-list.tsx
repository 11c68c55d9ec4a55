import type { RoomView } from "../../core/generated/RoomView";
import { agoText } from "../../i18n/format";
import { lineText } from "../../i18n/files";
import { useApp, useStore } from "../app/context";
import { Link } from "../app/link";
import { Icon } from "../parts/icons";
import { Loading } from "../parts/messages";
import { useNow } from "../parts/now";
import { RoomAvatar } from "../parts/room-avatar";
import { useRoomTitle } from "../parts/room-title";

/** As long as a line of it shows. */
const PREVIEW_LEN = 100;

/** All rooms, the most recently active first. */
export function RoomList({ current }: { readonly current: string | null }) {
  const { client, t } = useApp();
  const rooms = useStore(client.rooms);
  return (
    <nav className="room-list" aria-label={t("main.rooms")}>
      {rooms === null && <Loading>{t("main.loading")}</Loading>}
      {rooms?.length === 0 && (
        <div className="room-list-empty phone-only">
          <p>{t("main.empty.title")}</p>
          <p className="soft">{t("main.empty.text")}</p>
        </div>
      )}
      {rooms && rooms.length > 0 && (
        <ul>
          {rooms.map((room) => (
            <li key={room.room_id}>
              <RoomLink room={room} current={room.room_id === current} />
            </li>
          ))}
        </ul>
      )}
    </nav>
  );
}

/** A room of the list. */
export function RoomLink({ room, current }: { readonly room: RoomView; readonly current: boolean }) {
  const { t } = useApp();
  const title = useRoomTitle()(room);
  const now = useNow(60_000);
  const unread = room.unread > 0;
  return (
    <div className={`room-link${unread ? " room-link-unread" : ""}${room.muted ? " room-link-quiet" : ""}`}>
      <RoomAvatar room={room} />
      {/* The name of the link is the title alone, so that people and programs find the room by it; it covers the
          whole row, and the rest describes it. */}
      <Link
        to={{ page: "room", roomId: room.room_id }}
        className="room-link-title"
        aria-current={current ? "page" : undefined}
        aria-describedby={`room-more-${room.room_id}`}
        dir="auto"
      >
        {title}
      </Link>
      <div className="room-link-more" id={`room-more-${room.room_id}`}>
        {room.active_at > 0 && <span className="room-link-time">{agoText(t.locale, room.active_at, now)}</span>}
        <span className="room-link-preview" dir="auto">
          {room.call ? (
            <span className="room-link-call">
              <Icon name="phone" size={14} />
              {t("main.in_call")}
            </span>
          ) : (
            <Preview room={room} current={current} />
          )}
        </span>
        {(unread || room.muted) && (
          <span className="room-link-counts">
            {room.muted && (
              <span className="room-link-muted">
                <Icon name="muted" size={16} />
                <span className="visually-hidden">{t("main.muted")}</span>
              </span>
            )}
            {room.named && (
              <span className="room-link-named">
                <span aria-hidden="true">@</span>
                <span className="visually-hidden">{t("main.named")}</span>
              </span>
            )}
            {unread && (
              <span className="room-link-count">
                <span aria-hidden="true">{room.unread > 99 ? "99+" : room.unread}</span>
                <span className="visually-hidden">{t("main.unread", { count: room.unread })}</span>
              </span>
            )}
          </span>
        )}
      </div>
    </div>
  );
}

/** What was said last; before it goes what one began to write, unless one is there. */
function Preview({ room, current }: { readonly room: RoomView; readonly current: boolean }) {
  const { t } = useApp();
  if (room.draft === "" || current) return lineText(t, room.preview, room.preview_file);
  return (
    <>
      <span className="room-link-draft">{t("main.draft")}</span> <bdi>{room.draft.slice(0, PREVIEW_LEN)}</bdi>
    </>
  );
}
