import { useCallback, useEffect, useLayoutEffect, useRef, useState, type RefObject } from "react";
import type { Client } from "../../state/client";
import type { Conversation } from "../../state/conversation";
import type { Readable } from "../../state/observable";
import { useApp, useStore } from "../app/context";

/**
 * Pages that are loaded to find a message that one is led to: a hundred thousand messages, which takes some ten seconds. Fewer
 * makes what a search found in an old room a dead end; more keeps one waiting for what may not be there.
 */
const MAX_SEARCHED_PAGES = 1_700;

/** How long a message that one was led to stands out. */
const FOUND_MS = 2_000;

/** How long the messages may take after the word that they come. */
const PAGE_MS = 5_000;

/** Leading to one message of a list. */
export interface Jump {
  readonly jumpTo: (messageId: string) => void;
  /** The message to which one was led just now. */
  readonly found: string | null;
  /** It is being loaded. */
  readonly seeking: boolean;
}

/** Leads to a message: loads pages until it is there, then has it shown, and the focus there. */
export function useJump(
  box: RefObject<HTMLDivElement | null>,
  roomId: string,
  conversation: Conversation,
  show: (messageId: string, index: number) => void,
): Jump {
  const { client } = useApp();
  const [wanted, setWanted] = useState<string | null>(null);
  const [found, setFound] = useState<string | null>(null);
  const [seeking, setSeeking] = useState(false);
  /** What is looked for; nobody waits for what was looked for before, or in a room that one has left. */
  const sought = useRef<string | null>(null);
  const index = wanted === null ? -1 : conversation.messages.findIndex((message) => message.message_id === wanted);

  const jumpTo = useCallback(
    (messageId: string) => {
      setFound(null);
      setWanted(messageId);
      sought.current = messageId;
      const isWanted = (): boolean => sought.current === messageId;
      void isLoaded(client, roomId, messageId, isWanted, () => {
        setSeeking(true);
      }).then((there) => {
        if (!isWanted()) return;
        sought.current = null;
        setSeeking(false);
        if (there) return;
        setWanted(null);
        client.board.notify("status", (t) => t("message.not_found"));
      });
    },
    [client, roomId],
  );

  useEffect(() => {
    const left = sought;
    return () => {
      left.current = null;
    };
  }, []);

  // From elsewhere, as from what a search found.
  const asked = useStore(client.sought);
  useEffect(() => {
    if (asked?.roomId !== roomId || !conversation.loaded) return;
    client.sought.set(null);
    jumpTo(asked.messageId);
  }, [client, asked, roomId, conversation.loaded, jumpTo]);

  useLayoutEffect(() => {
    if (wanted === null || index < 0) return;
    show(wanted, index);
    // oxlint-disable-next-line react/set-state-in-effect -- it is there once it was drawn
    setFound(wanted);
    setWanted(null);
    // What is shown depends on whom one is led to alone.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [wanted, index]);

  useEffect(() => {
    if (found === null) return;
    box.current?.querySelector<HTMLElement>(`[data-message="${CSS.escape(found)}"] > article`)?.focus({ preventScroll: true });
    const timer = setTimeout(() => {
      setFound(null);
    }, FOUND_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [box, found]);

  return { found, seeking, jumpTo };
}

/** Loads older messages until this one is among them, and says that it begins to, where it does. */
async function isLoaded(client: Client, roomId: string, messageId: string, isWanted: () => boolean, onLoading: () => void): Promise<boolean> {
  const conversation = client.conversation(roomId);
  for (let page = 0; ; page += 1) {
    const { messages, hasOlder } = conversation.get();
    if (messages.some((message) => message.message_id === messageId)) return true;
    if (!hasOlder || page >= MAX_SEARCHED_PAGES || !isWanted()) return false;
    if (page === 0) onLoading();
    const { changed, stop } = nextChangeOf(conversation);
    const outcome = await client.commands.loadOlder(roomId);
    if (outcome.ok) await changed;
    stop();
    if (!outcome.ok) return false;
  }
}

/** Becomes true at the next change, or after a while. */
function nextChangeOf(conversation: Readable<Conversation>): { readonly changed: Promise<void>; readonly stop: () => void } {
  const ends: (() => void)[] = [];
  const changed = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, PAGE_MS);
    ends.push(() => {
      clearTimeout(timer);
    }, conversation.subscribe(resolve));
  });
  const stop = (): void => {
    for (const end of ends) end();
  };
  return { changed, stop };
}
