import { createContext, use, useSyncExternalStore } from "react";
import type { ContactsView } from "../../core/generated/ContactsView";
import type { GuestView } from "../../core/generated/GuestView";
import type { PersonCard } from "../../core/generated/PersonCard";
import type { RoomView } from "../../core/generated/RoomView";
import type { Translate } from "../../i18n/translate";
import type { Files } from "../../files/files";
import type { Client } from "../../state/client";
import type { MediaCall } from "../../state/media";
import type { Readable } from "../../state/observable";
import type { Waking } from "../../state/waking";
import type { Navigator } from "./navigator";

/** What every view may use. Made once, in `main.tsx`. */
export interface App {
  readonly client: Client;
  readonly files: Files;
  readonly media: MediaCall;
  readonly navigator: Navigator;
  readonly t: Translate;
  readonly waking: Waking;
}

export const AppContext = createContext<App | null>(null);

/** The app around this view. */
export function useApp(): App {
  const app = use(AppContext);
  if (!app) throw new Error("a view stands outside AppContext");
  return app;
}

/** The texts. */
export function useText(): Translate {
  return useApp().t;
}

/** The present value of a store; the view is drawn again when it changes. */
export function useStore<T>(store: Readable<T>): T {
  return useSyncExternalStore(store.subscribe, store.get);
}

/** Who is signed in. Nobody only for the moment in which the session ends. */
export function useMe(): PersonCard | null {
  const session = useStore(useApp().client.session);
  return session.state === "signed_in" ? session.me : null;
}

/** What the network asks in dealing with contacts; nothing while nobody is signed in. */
export function useContactsView(): ContactsView | null {
  const session = useStore(useApp().client.session);
  return session.state === "signed_in" ? session.contacts : null;
}

/** The visit, where this page is a guest's. */
export function useGuest(): GuestView | null {
  const session = useStore(useApp().client.session);
  return session.state === "signed_in" ? session.guest : null;
}

/** A room by its id; nothing when there is no such room (or not yet). */
export function useRoom(roomId: string): RoomView | null {
  const rooms = useStore(useApp().client.rooms);
  return rooms?.find((room) => room.room_id === roomId) ?? null;
}
