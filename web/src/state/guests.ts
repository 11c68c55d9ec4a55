import type { GuestLinkView } from "../core/generated/GuestLinkView";
import { pathOf } from "./routes";

/** The address of a guest link. The secret stands behind the #, which browsers send to no server. */
export function guestUrl({ link_id, secret }: Pick<GuestLinkView, "link_id" | "secret">, origin: string): string {
  return `${origin}${pathOf({ page: "guest", linkId: link_id })}#${secret}`;
}

const LINK_ID = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i;

/** 32 bytes, base64url. */
const SECRET = /^[\w-]{43}$/;

/** Whether the two halves of a guest link look whole; who made one, and whether it is still good, others know. */
export function isWholeLink(linkId: string, secret: string): boolean {
  return LINK_ID.test(linkId) && SECRET.test(secret);
}

/** The lasting address of a room's call, for its members. */
export function callUrl(roomId: string, origin: string): string {
  return `${origin}${pathOf({ page: "call", roomId })}`;
}
