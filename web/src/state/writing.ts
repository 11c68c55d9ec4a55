import type { FileCard } from "../core/generated/FileCard";
import type { FileHint } from "../core/generated/FileHint";
import type { MessageView } from "../core/generated/MessageView";
import { Store } from "./observable";
import { ROOM_TIMERS, type Timers } from "./timers";

/** A message that is being answered. */
export interface Answered {
  readonly messageId: string;
  readonly authorName: string;
  readonly preview: string;
  readonly file: FileHint | null;
}

/** A message of one's own that is being changed. */
export interface Editing {
  readonly messageId: string;
  /** As it stands. */
  readonly before: string;
  /** As it is typed so far. */
  readonly text: string;
}

/** What one is about to write in a room, beside the draft. */
export interface Writing {
  readonly answered: Answered | null;
  readonly editing: Editing | null;
  readonly timers: Timers;
  /** Grows each time that one wants to write there: the box then takes the focus. */
  readonly wanted: number;
  /** Ids of members who were chosen by their names; which of them the text still names shows as it is sent. */
  readonly chosen: ReadonlySet<string>;
}

const NOTHING: Writing = { answered: null, editing: null, timers: ROOM_TIMERS, wanted: 0, chosen: new Set() };

/** As long as a line of it shows. */
const PREVIEW_LEN = 200;

/** As the core has it for what it shows itself (`client-core/src/files/card.rs`). */
function hintOf({ name, media_type, waveform }: FileCard): FileHint {
  if (waveform !== null) return { kind: "voice_note", name };
  const [main] = media_type.split("/");
  if (main === "image") return { kind: "picture", name };
  if (main === "video") return { kind: "video", name };
  return { kind: main === "audio" ? "sound" : "other", name };
}

/** What one is about to write, by room. In memory alone, like drafts. */
export class Writings {
  readonly #rooms = new Map<string, Store<Writing>>();

  of(roomId: string): Store<Writing> {
    let store = this.#rooms.get(roomId);
    if (!store) {
      store = new Store(NOTHING);
      this.#rooms.set(roomId, store);
    }
    return store;
  }

  /** Who answers a message does not change another one at the same time. */
  answer(roomId: string, { message_id, author_name, body }: MessageView): void {
    const preview = "text" in body ? body.text.slice(0, PREVIEW_LEN) : "";
    const file = body.type === "file" ? hintOf(body.file) : null;
    const answered = { messageId: message_id, authorName: author_name, preview, file };
    this.of(roomId).update((writing) => ({ ...writing, answered, editing: null, wanted: writing.wanted + 1 }));
  }

  edit(roomId: string, { message_id, body }: MessageView): void {
    if (!("text" in body)) return;
    const begun = { messageId: message_id, before: body.text, text: body.text };
    this.of(roomId).update((writing) => {
      // Asked for again, it is gone on with.
      const editing = writing.editing?.messageId === message_id ? writing.editing : begun;
      return { ...writing, editing, wanted: writing.wanted + 1 };
    });
  }

  /** What had the focus is gone: one writes on. */
  resume(roomId: string): void {
    this.of(roomId).update((writing) => ({ ...writing, wanted: writing.wanted + 1 }));
  }

  clear(): void {
    this.#rooms.clear();
  }
}
