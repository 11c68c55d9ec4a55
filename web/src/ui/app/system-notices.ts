import { useEffect, useRef } from "react";
import { noticeText } from "../../i18n/codes";
import { kindOfNotice, newsOf, waiting, type News } from "../../state/news";
import { permission } from "../../push/permission";
import type { RoomView } from "../../core/generated/RoomView";
import { useRoomTitle } from "../parts/room-title";
import { useApp, useStore } from "./context";

/** Whether the person is not looking. */
function away(): boolean {
  return document.visibilityState === "hidden" || !document.hasFocus();
}

/**
 * Shows what is new by the system's own notices while nobody looks at the page, and counts on the app's icon. A notice
 * says where something is new and how much, and nothing of what was said: what ends must not live on in the system's list.
 */
export function useSystemNotices(): void {
  const { client, navigator: router, t } = useApp();
  const rooms = useStore(client.rooms);
  const { notify, quiet } = useStore(client.preferences.view);
  const titleOf = useRoomTitle();
  const before = useRef<readonly RoomView[] | null>(null);
  const shown = useRef(new Map<string, Notification>());

  useEffect(() => {
    const was = before.current;
    before.current = rooms;
    if (!rooms) {
      for (const notice of shown.current.values()) notice.close();
      shown.current.clear();
      return;
    }
    for (const [roomId, notice] of shown.current) {
      const room = rooms.find((room) => room.room_id === roomId);
      if (room && (room.unread > 0 || room.call?.ring === "incoming")) continue;
      notice.close();
      shown.current.delete(roomId);
    }
    count(waiting(rooms));
    if (quiet || !notify.messages || !away()) return;
    for (const news of newsOf(was, rooms)) {
      const notice = show(titleOf(news.room), textOf(news), `room-${news.room.room_id}`);
      if (!notice) continue;
      shown.current.set(news.room.room_id, notice);
      notice.addEventListener("click", () => {
        window.focus();
        router.go({ page: "room", roomId: news.room.room_id });
        notice.close();
      });
    }

    function textOf({ room, what }: News): string {
      if (what === "call") return t("notify.call", { names: room.call?.names.join(", ") ?? "" });
      return what === "named" ? t("notify.named") : t("notify.messages", { count: room.unread });
    }
  }, [rooms, notify.messages, quiet, router, t, titleOf]);

  // Each as it comes: of several at once a drawn view would see the last alone.
  useEffect(
    () =>
      client.told.subscribe(() => {
        const told = client.told.get();
        const { notify, quiet } = client.preferences.view.get();
        const kind = told && kindOfNotice(told.code);
        // Without names and titles: what is deleted must not live on in the system's list.
        if (kind && notify[kind] && !quiet && away()) show(t("app.name"), noticeText(t, { ...told, params: {} }), `notice-${told.code}`);
      }),
    [client, t],
  );

  useEffect(() => {
    const notices = shown.current;
    return () => {
      for (const notice of notices.values()) notice.close();
      count(0);
    };
  }, []);
}

/** Nothing where the system does not let it. The same tag is one notice, also of several tabs. */
function show(title: string, body: string, tag: string): Notification | null {
  if (permission() !== "granted") return null;
  try {
    return new Notification(title, { body, tag, icon: "/icon.svg" });
  } catch {
    // Phones show notices of installed apps alone, by another way.
    return null;
  }
}

function count(messages: number): void {
  if (!("setAppBadge" in navigator)) return;
  // Browsers without an icon to count on refuse; there is nothing to do about it.
  const done = messages > 0 ? navigator.setAppBadge(messages) : navigator.clearAppBadge();
  done.catch(() => undefined);
}
