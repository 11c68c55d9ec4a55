import type { GuestLinkView } from "../core/generated/GuestLinkView";
import { pathOf } from "./routes";

/** The address of a guest link. The secret stands behind the #, which browsers send to no server. */
export function guestUrl({ link_id, secret }: Pick<GuestLinkView, "link_id" | "secret">, origin: string): string {
  return `${origin}${pathOf({ page: "guest", linkId: link_id })}#${secret}`;
}

/** The lasting address of a room's call, for its members. */
export function callUrl(roomId: string, origin: string): string {
  return `${origin}${pathOf({ page: "call", roomId })}`;
}
