import type { RoomView } from "../core/generated/RoomView";
import type { Commands } from "./commands";
import { bytesOf } from "../files/cards";
import { sizeOf } from "../files/picture-size";
import { Store, type Readable } from "./observable";

/** A picture as the core last told of it, and the address under which the page shows it. */
interface Kept {
  readonly place: number;
  readonly url: Store<string | null>;
}

const NONE: Readable<string | null> = new Store<string | null>(null);

/** The pictures of rooms, each fetched from the core once it is to be drawn, in memory alone. */
export class RoomPictures {
  readonly #commands: Pick<Commands, "getRoomPicture">;
  readonly #kept = new Map<string, Kept>();

  constructor(commands: Pick<Commands, "getRoomPicture">) {
    this.#commands = commands;
  }

  /** Nothing where there is none, or not yet. */
  of({ room_id, picture }: Pick<RoomView, "room_id" | "picture">): Readable<string | null> {
    if (picture === null) {
      this.#kept.delete(room_id);
      return NONE;
    }
    const kept = this.#kept.get(room_id);
    if (kept?.place === picture) return kept.url;
    // The one before stands until the new one is there.
    const url = new Store(kept?.url.get() ?? null);
    this.#kept.set(room_id, { place: picture, url });
    void this.#commands.getRoomPicture(room_id).then((outcome) => {
      url.set(outcome.ok && outcome.value.picture !== null ? urlOf(outcome.value.picture) : null);
    });
    return url;
  }

  /** The store is locked, or nobody is signed in any more. */
  clear(): void {
    this.#kept.clear();
  }
}

/** Sides beyond which a picture is not drawn: a few bytes can say that they are a gigabyte of one colour. */
const MAX_SIDE = 256;

/** Of base64url text; nothing where it is neither WebP nor JPEG, whatever its sender says, is large, or moves. */
export function urlOf(picture: string): string | null {
  const plain = picture.replaceAll("-", "+").replaceAll("_", "/");
  const bytes = bytesOf(picture);
  const size = sizeOf(bytes);
  if (!size || size.width > MAX_SIDE || size.height > MAX_SIDE) return null;
  return `data:image/${bytes[0] === 0xff ? "jpeg" : "webp"};base64,${plain}`;
}
