import { useState } from "react";
import type { Route } from "../../state/routes";
import { callKey, newsOfCall } from "../../state/ringing";
import { useApp, useStore } from "../app/context";
import { Link } from "../app/link";
import { Icon } from "../parts/icons";
import { useNow } from "../parts/now";
import { useRoomTitle } from "../parts/room-title";

/** Often enough that news does not grow old unnoticed. */
const LOOK_EVERY_MS = 30_000;

/** Says that a call began in a larger room; nothing rings there. */
export function CallBanner({ route }: { readonly route: Route }) {
  const { client, t } = useApp();
  const rooms = useStore(client.rooms);
  const now = useNow(LOOK_EVERY_MS);
  const [putAway, setPutAway] = useState<ReadonlySet<string>>(new Set());
  const room = newsOfCall(rooms, putAway, now);
  const title = useRoomTitle()(room);
  // In the room itself its own button says it.
  const shown = room !== null && !(route.page === "room" && route.roomId === room.room_id);
  return (
    <div role="status">
      {shown && (
        <div className="call-banner">
          <Icon name="phone" />
          <p>{t("banner.call", { room: title })}</p>
          <Link to={{ page: "call", roomId: room.room_id }} className="button button-primary">
            {t("banner.join")}
          </Link>
          <button
            type="button"
            className="icon-button"
            aria-label={t("common.dismiss")}
            onClick={() => {
              setPutAway(new Set([...putAway, callKey(room)]));
            }}
          >
            <Icon name="close" size={18} />
          </button>
        </div>
      )}
    </div>
  );
}
