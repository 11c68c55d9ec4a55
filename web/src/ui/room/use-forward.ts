import { useEffect, useRef, useState } from "react";
import type { FileCard } from "../../core/generated/FileCard";
import type { MessageView } from "../../core/generated/MessageView";
import type { RoomView } from "../../core/generated/RoomView";
import type { Transfer } from "../../files/client";
import { factsOf } from "../../files/cards";
import { safeType } from "../../files/kinds";
import type { Failure } from "../../state/core";
import { useApp } from "../app/context";
import { beginSaving } from "../files/save";
import { shownFile } from "../files/shown-file";
import { shorter } from "../files/use-sending";

/** How far it came. */
interface Forwarded {
  readonly reached: readonly RoomView[];
  /** Why it went no further. */
  readonly failure: Failure | null;
}

interface Forwarding {
  readonly forward: (to: readonly RoomView[]) => Promise<Forwarded>;
  readonly busy: boolean;
}

/** Hands a message on into rooms. A file is fetched once, and is on its way to each of them then. */
export function useForward(roomId: string, message: MessageView): Forwarding {
  const { client, files } = useApp();
  const [busy, setBusy] = useState(false);
  const fetching = useRef<Transfer<Blob> | null>(null);
  // The same copy, however often it is tried.
  const copies = useRef(new Map<string, string>());
  // Who closes the dialog does not wait for the file any more.
  useEffect(() => () => fetching.current?.cancel(), []);

  const copyFor = (to: string): string => {
    const known = copies.current.get(to) ?? crypto.randomUUID();
    copies.current.set(to, known);
    return known;
  };

  const forwardText = async (to: readonly RoomView[]): Promise<Forwarded> => {
    const reached: RoomView[] = [];
    for (const room of to) {
      const outcome = await client.commands.forwardMessage(roomId, message.message_id, room.room_id, copyFor(room.room_id));
      if (!outcome.ok) return { reached, failure: outcome.failure };
      reached.push(room);
    }
    return { reached, failure: null };
  };

  const forwardFile = async (card: FileCard, text: string, to: readonly RoomView[]): Promise<Forwarded> => {
    const transfer = beginSaving(files.source, shownFile(card));
    if (!transfer) return { reached: [], failure: { code: "not_ready", params: {} } };
    fetching.current = transfer;
    const outcome = await transfer.done;
    if (fetching.current !== transfer) return { reached: [], failure: { code: "file_cancelled", params: {} } };
    fetching.current = null;
    if (!outcome.ok) return { reached: [], failure: outcome.failure };
    const file = outcome.value.slice(0, outcome.value.size, safeType(card.media_type));
    for (const room of to) {
      const words = { text, replyTo: null, mentions: [], ttlMs: shorter(null, room.ttl_ms), burnMs: null, fromDisk: false, forwarded: true, endsAt: message.ends_at };
      files.uploads.send(room.room_id, { file, facts: factsOf(card), words });
    }
    return { reached: to, failure: null };
  };

  const forward = async (to: readonly RoomView[]): Promise<Forwarded> => {
    const { body } = message;
    setBusy(true);
    const done = body.type === "file" ? await forwardFile(body.file, body.text, to) : await forwardText(to);
    setBusy(false);
    return done;
  };
  return { forward, busy };
}
