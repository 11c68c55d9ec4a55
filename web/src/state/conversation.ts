import type { MessageView } from "../core/generated/MessageView";
import type { CoreEvent } from "./core";

/** The messages of an open room, as far as they are loaded. */
export interface Conversation {
  /** False until the first event after opening. */
  readonly loaded: boolean;
  /** In order. */
  readonly messages: readonly MessageView[];
  /** There are older ones to load. */
  readonly hasOlder: boolean;
  /** The first message that was unread when the room was opened: the unread marker stands above it. */
  readonly firstUnread: string | null;
}

/** A conversation of which nothing came yet. */
export const UNOPENED: Conversation = { loaded: false, messages: [], hasOlder: false, firstUnread: null };

type MessagesEvent = Extract<CoreEvent, { type: "messages" }>;

/**
 * The conversation after an event; `unread` is the room's count at that time and places the marker once. What is loaded
 * is long, what an event tells is short: the one is walked through once, and only the other is sorted.
 */
export function withMessages(before: Conversation, event: MessagesEvent, unread: number): Conversation {
  const told = new Map(event.messages.map((message) => [message.message_id, message]));
  for (const id of event.removed) told.delete(id);
  const fresh = event.reset || before.messages.length === 0;
  const stay = fresh ? [] : staying(before.messages, new Set([...event.removed, ...event.messages.map(({ message_id }) => message_id)]));
  const messages = merged(stay, [...told.values()].toSorted(inOrder));
  const firstUnread = before.loaded ? before.firstUnread : firstOfLast(messages, unread);
  return { loaded: true, messages, hasOlder: event.has_older, firstUnread };
}

/** Those that an event says nothing of. */
function staying(messages: readonly MessageView[], told: ReadonlySet<string>): readonly MessageView[] {
  const isTold = ({ message_id }: MessageView): boolean => told.has(message_id);
  return messages.some(isTold) ? messages.filter((message) => !isTold(message)) : messages;
}

/** Two runs in order as one. */
function merged(a: readonly MessageView[], b: readonly MessageView[]): readonly MessageView[] {
  const [firstA, lastA, firstB, lastB] = [a[0], a.at(-1), b[0], b.at(-1)];
  if (!firstA || !lastA) return b;
  if (!firstB || !lastB) return a;
  if (inOrder(lastA, firstB) < 0) return a.concat(b);
  if (inOrder(lastB, firstA) < 0) return b.concat(a);
  const all: MessageView[] = [];
  let next = 0;
  for (const message of a) {
    for (let other = b[next]; other && inOrder(other, message) < 0; other = b[next]) {
      all.push(other);
      next += 1;
    }
    all.push(message);
  }
  return all.concat(b.slice(next));
}

function inOrder(a: MessageView, b: MessageView): number {
  return a.order - b.order || a.sent_at - b.sent_at || (a.message_id < b.message_id ? -1 : 1);
}

/** The first of the last `count` messages of others. */
function firstOfLast(messages: readonly MessageView[], count: number): string | null {
  if (count === 0) return null;
  const others = messages.filter((message) => !message.mine && message.body.type !== "room_event");
  return others.at(-Math.min(count, others.length))?.message_id ?? null;
}

/** A run of messages that is shown under one heading: a day, and within it who wrote. */
export interface MessageGroup {
  /** Id of the first message; stable while older ones are put before other groups. */
  readonly key: string;
  readonly author: string;
  readonly authorName: string;
  readonly mine: boolean;
  readonly messages: readonly MessageView[];
}

/** One day of a conversation. */
export interface MessageDay {
  readonly day: number;
  readonly groups: readonly MessageGroup[];
}

/** A longer silence than this starts a new group: the time of the group's first message is shown for all. */
const GROUP_SPAN_MS = 5 * 60 * 1000;

/** Groups messages by day and author. `dayOf` gives the local day's number. */
export function groupMessages(messages: readonly MessageView[], dayOf: (at: number) => number): MessageDay[] {
  const days: { day: number; groups: (MessageGroup & { messages: MessageView[] })[] }[] = [];
  for (const message of messages) {
    const day = dayOf(message.sent_at);
    let last = days.at(-1);
    if (last?.day !== day) {
      last = { day, groups: [] };
      days.push(last);
    }
    const group = last.groups.at(-1);
    if (group && continues(group, message)) group.messages.push(message);
    else {
      const { message_id, author, author_name, mine } = message;
      last.groups.push({ key: message_id, author, authorName: author_name, mine, messages: [message] });
    }
  }
  return days;
}

function continues(group: MessageGroup, message: MessageView): boolean {
  const last = group.messages.at(-1);
  if (!last || group.author !== message.author) return false;
  const event = message.body.type === "room_event" || last.body.type === "room_event";
  return !event && message.sent_at - last.sent_at < GROUP_SPAN_MS;
}
