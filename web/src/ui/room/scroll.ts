import { useCallback, useEffect, useLayoutEffect, useRef, useState, type RefObject } from "react";
import type { Conversation } from "../../state/conversation";
import { newerSpan, newestSpan, olderSpan, SPAN_BEFORE, spanAround, type Span } from "../../state/window";
import { useApp } from "../app/context";
import { useJump } from "./jump";

/** Nearer to the end than this counts as being there; a finger is not exact. */
const END_SLACK_PX = 40;

/** Nearer to an edge of the window than this, the window moves on: about two screens of a phone. */
const EDGE_PX = 1_200;

/** Space above the first unread message, so that what was read before shows in part. */
const UNREAD_TOP_PX = 72;

/** What the list needs to know of its scrolling. */
export interface Scroll {
  readonly span: Span;
  readonly atEnd: boolean;
  readonly newBelow: number;
  readonly loadingOlder: boolean;
  readonly onScroll: () => void;
  readonly loadOlder: () => void;
  readonly jumpToEnd: () => void;
  /** Leads to a message, which may have to be loaded. */
  readonly jumpTo: (messageId: string) => void;
  /** The message to which one was led just now. */
  readonly found: string | null;
  /** A message to which one is led is being loaded. */
  readonly seeking: boolean;
}

/** A message in the page, and how far below the upper edge it stands. */
interface Anchor {
  readonly id: string;
  readonly top: number;
}

/**
 * Keeps the reader's place. At the end the list follows new messages; elsewhere the first visible message stays
 * where it is, whatever is loaded or dropped around it.
 */
export function useScroll(box: RefObject<HTMLDivElement | null>, roomId: string, conversation: Conversation): Scroll {
  const { client } = useApp();
  const total = conversation.messages.length;
  const [pinned, setPinned] = useState(true);
  const [span, setSpan] = useState<Span>({ start: 0, end: 0 });
  const [loadingOlder, setLoadingOlder] = useState(false);
  const [seen, setSeen] = useState(0);
  /** How often older messages were loaded. */
  const [loads, setLoads] = useState(0);
  const anchor = useRef<Anchor | null>(null);
  const measured = useRef("");
  const width = useRef(0);
  const placed = useRef(false);
  const oldest = conversation.messages[0]?.message_id;
  const newest = conversation.messages.at(-1)?.message_id;
  const [known, setKnown] = useState({ total: 0, oldest, newest });

  // Older messages that came in front move the window along with the messages that it shows.
  if (known.total !== total || known.oldest !== oldest) {
    const shift = known.oldest === undefined ? 0 : conversation.messages.findIndex((m) => m.message_id === known.oldest);
    const ahead = Math.max(0, shift);
    setKnown({ total, oldest, newest });
    const follow = pinned || justSent(conversation, known.newest);
    setPinned(follow);
    setSpan(follow ? newestSpan(total) : { start: span.start + ahead, end: Math.min(total, span.end + ahead) });
    setSeen(follow ? total : seen + ahead);
  }

  const toEnd = useCallback(() => {
    if (!box.current) return;
    box.current.scrollTop = box.current.scrollHeight;
    measured.current = measure(box.current);
  }, [box]);

  // A room opens at its end, or, where the unread ones do not fit, at the first of them.
  useLayoutEffect(() => {
    if (placed.current || !conversation.loaded || !box.current) return;
    placed.current = true;
    const { firstUnread } = conversation;
    if (firstUnread === null) return;
    toEnd();
    const edge = box.current.getBoundingClientRect().top;
    const first = placeOf(box.current, firstUnread);
    if (first !== null && first >= edge) return;
    const index = conversation.messages.findIndex((message) => message.message_id === firstUnread);
    anchor.current = { id: firstUnread, top: UNREAD_TOP_PX };
    // oxlint-disable-next-line react/set-state-in-effect -- where the reader begins depends on how high the messages are
    setSpan((span) => ({ ...span, start: Math.min(span.start, Math.max(0, index - SPAN_BEFORE)) }));
    setSeen(index);
    setPinned(false);
  }, [box, conversation, toEnd]);

  useLayoutEffect(() => {
    if (pinned) toEnd();
    else if (box.current && anchor.current) restore(box.current, anchor.current);
  }, [box, pinned, span, conversation, toEnd]);

  // Text wraps anew when the width changes, and the box shrinks when the keyboard of a phone opens.
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(() => {
      const turned = element.clientWidth !== width.current;
      width.current = element.clientWidth;
      if (pinned) toEnd();
      else if (turned && anchor.current) restore(element, anchor.current);
    });
    observer.observe(element);
    const content = element.firstElementChild;
    if (content) observer.observe(content);
    return () => {
      observer.disconnect();
    };
  }, [box, pinned, toEnd]);

  const { found, seeking, jumpTo } = useJump(box, roomId, conversation, (id, index) => {
    anchor.current = { id, top: UNREAD_TOP_PX };
    setPinned(false);
    setSpan((span) => (index >= span.start && index < span.end ? span : spanAround(index, total)));
    if (box.current) restore(box.current, anchor.current);
  });

  const loadOlder = (): void => {
    if (loadingOlder || !conversation.hasOlder) return;
    setLoadingOlder(true);
    void client.commands.loadOlder(roomId).then(() => {
      setLoadingOlder(false);
      setLoads((loads) => loads + 1);
    });
  };

  // What was loaded stands in front of the window. Who waits at its upper edge does not scroll, and would never see it.
  useEffect(() => {
    const element = box.current;
    if (loads === 0 || !element || element.scrollTop >= EDGE_PX) return;
    // oxlint-disable-next-line react/set-state-in-effect -- where the reader is depends on how high the messages are
    setSpan((span) => (span.start > 0 ? olderSpan(span) : span));
  }, [box, loads]);

  const onScroll = (): void => {
    const element = box.current;
    if (!element) return;
    // The box or its content changed its size under a reader who is at the end: nobody scrolled.
    if (pinned && measured.current !== measure(element)) {
      toEnd();
      return;
    }
    // Text has wrapped anew, and the reader is about to be led back to where they were.
    if (!pinned && width.current !== element.clientWidth) return;
    const below = element.scrollHeight - element.scrollTop - element.clientHeight;
    const atNewest = span.end >= total;
    const end = atNewest && below <= END_SLACK_PX;
    anchor.current = end ? null : firstVisible(element);
    if (end !== pinned) {
      setPinned(end);
      if (end) setSeen(total);
    }
    if (element.scrollTop < EDGE_PX && !end) {
      if (span.start > 0) setSpan(olderSpan(span));
      else loadOlder();
    } else if (below < EDGE_PX && !atNewest) setSpan(newerSpan(span, total));
  };

  const jumpToEnd = (): void => {
    anchor.current = null;
    setSpan(newestSpan(total));
    setPinned(true);
    setSeen(total);
  };

  return { span, atEnd: pinned, newBelow: Math.max(0, total - seen), loadingOlder, onScroll, loadOlder, jumpToEnd, jumpTo, found, seeking };
}

function measure({ scrollHeight, clientHeight, clientWidth }: HTMLElement): string {
  return [scrollHeight, clientHeight, clientWidth].join();
}

function firstVisible(box: HTMLElement): Anchor | null {
  const edge = box.getBoundingClientRect().top;
  for (const element of box.querySelectorAll<HTMLElement>("[data-message]")) {
    const { top, bottom } = element.getBoundingClientRect();
    const id = element.dataset["message"];
    if (bottom > edge && id !== undefined) return { id, top: top - edge };
  }
  return null;
}

/** Where the upper edge of a message is; nothing where it is not in the page. */
function placeOf(box: HTMLElement, id: string): number | null {
  const element = box.querySelector(`[data-message="${CSS.escape(id)}"]`);
  return element && element.getBoundingClientRect().top;
}

/** Whether the newest message is one that was written here just now: who writes wants to see it. */
function justSent({ messages }: Conversation, before: string | undefined): boolean {
  const newest = messages.at(-1);
  return newest !== undefined && newest.message_id !== before && newest.delivery === "sending";
}

function restore(box: HTMLElement, anchor: Anchor): void {
  const place = placeOf(box, anchor.id);
  if (place === null) return;
  const moved = place - box.getBoundingClientRect().top - anchor.top;
  if (Math.abs(moved) >= 1) box.scrollTop += moved;
}
