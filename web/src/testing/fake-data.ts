import type { CallMessageView } from "../core/generated/CallMessageView";
import type { MessageView } from "../core/generated/MessageView";
import type { ParticipantView } from "../core/generated/ParticipantView";
import type { PersonCard } from "../core/generated/PersonCard";
import type { QuoteView } from "../core/generated/QuoteView";
import type { RoomView } from "../core/generated/RoomView";
import type { Trust } from "../core/generated/Trust";

/** A fixed afternoon, so that screenshots compare. */
export const NOW = Date.UTC(2026, 10, 24, 14, 5);

const MINUTE = 60_000;
const DAY = 86_400_000;

/** A person with a made-up key. */
export function person(name: string, trust: Trust = "unverified"): PersonCard {
  const first = name.split(" ")[0]?.toLowerCase() ?? name;
  let state = Array.from(name).reduce((sum, character) => sum + character.charCodeAt(0), 7);
  const hex = Array.from({ length: 64 }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return ((state >> 16) & 15).toString(16);
  }).join("");
  return { user_id: `user-${first}`, name, email: `${first}@example.org`, fingerprint: hex, trust, guest: false };
}

export const alice = person("Alice Moreau", "own");
export const bob = person("Bob Okafor", "verified");
export const carol = person("Carol Lindqvist");
export const dan = person("Dan Petrov", "changed");

/** Everybody whom the fake server knows. */
export const EVERYBODY = [alice, bob, carol, dan, person("Erin Walsh")];

/** A room with everything at its most ordinary. */
export function room(id: string, title: string, members: PersonCard[], change: Partial<RoomView> = {}): RoomView {
  return {
    room_id: id,
    kind: "room",
    title,
    about: "",
    picture: null,
    members,
    may_add: true,
    moderator: true,
    may_admit: true,
    constant_bitrate: false,
    ttl_ms: 0,
    burn_ms: 0,
    may_set_timers: true,
    ends_at: null,
    muted: false,
    draft: "",
    guest_links: [],
    keys: "ready",
    refusal: null,
    aside: 0,
    aside_from: null,
    unread: 0,
    named: false,
    preview: "",
    preview_file: null,
    active_at: NOW - DAY,
    call: null,
    epoch: 4,
    suite: "MLS_128_MLKEM768X25519_AES256GCM_SHA384_Ed25519",
    ...change,
  };
}

/** A text message. */
export function text(order: number, author: PersonCard, at: number, body: string, change: Partial<MessageView> = {}): MessageView {
  const mine = author.trust === "own";
  return {
    message_id: `message-${String(order)}`,
    order,
    author: author.user_id,
    author_name: author.name,
    mine,
    sent_at: at,
    body: { type: "text", text: body },
    delivery: mine ? "sent" : "received",
    read_by: [],
    reply_to: null,
    mentions: [],
    edited: false,
    reactions: [],
    ends_at: null,
    burn_ms: null,
    may_edit: mine,
    may_delete: mine,
    may_forward: true,
    forwarded: false,
    saved: false,
    ...change,
  };
}

/** Something that happened in a room. */
export function event(order: number, author: PersonCard, at: number, code: string, params: Record<string, string> = {}): MessageView {
  return text(order, author, at, "", { body: { type: "room_event", event: { code, params } }, delivery: "received", mine: false, may_edit: false, may_delete: false, may_forward: false });
}

/** What answers a message shows of it. */
export function quoteOf({ message_id, author_name, body }: MessageView): QuoteView {
  return { message_id, author_name, preview: "text" in body ? body.text.slice(0, 120) : "", file: body.type === "file" ? { kind: "other", name: body.file.name } : null };
}

/** A message that is deleted. */
export function deleted(message: MessageView): MessageView {
  return { ...message, body: { type: "deleted" }, reply_to: null, mentions: [], reactions: [], edited: false, may_edit: false, may_delete: false, may_forward: false, forwarded: false, saved: false };
}

/** A participant with a camera and an open microphone. */
export function participant(leaf: number, who: PersonCard, change: Partial<ParticipantView> = {}): ParticipantView {
  return {
    leaf,
    person: who,
    this_device: who.trust === "own",
    own_other_device: false,
    microphone: true,
    camera: true,
    screen: false,
    hand: false,
    hand_place: null,
    away: false,
    ...change,
  };
}

/** Something said in a call. */
export function said(order: number, who: PersonCard, body: string, change: Partial<CallMessageView> = {}): CallMessageView {
  const mine = who.trust === "own";
  return {
    message_id: `said-${String(order)}`,
    order,
    leaf: mine ? 2 : 0,
    person: who,
    mine,
    sent_at: NOW,
    text: body,
    delivery: mine ? "sent" : "received",
    ...change,
  };
}

/** The rooms of the fake account. */
export function someRooms(): RoomView[] {
  return [
    room("design", "Design review", [alice, bob, carol, dan], {
      preview: "I put the second draft where we can all see it.",
      active_at: NOW - 3 * MINUTE,
      call: { started_at: NOW - 12 * MINUTE, names: [bob.name, carol.name], joined: false, elsewhere: false, ring: null },
    }),
    room("bob", bob.name, [alice, bob], {
      kind: "direct",
      may_add: false,
      moderator: false,
      unread: 2,
      named: true,
      preview: "Shall we move it to Thursday?",
      active_at: NOW - 40 * MINUTE,
    }),
    room("board", "Board, third quarter", [alice, carol], { preview: "I will call the printer.", active_at: NOW - DAY, ttl_ms: DAY, burn_ms: 5 * MINUTE }),
    room("fresh", "", [alice, carol], { keys: "joining", active_at: NOW - 2 * DAY }),
    room("archive", "Archive of the harbour project", [alice, bob, carol], {
      moderator: false,
      may_add: false,
      may_set_timers: false,
      ends_at: null,
      muted: false,
      draft: "",
      ttl_ms: 4 * 7 * DAY,
      keys: "stale",
      preview: "That is the last of it.",
      active_at: NOW - 9 * DAY,
    }),
  ];
}

/** The messages of a fake room. */
export function someMessages(roomId: string): MessageView[] {
  if (roomId === "design") return designMessages();
  if (roomId === "board") return boardMessages();
  if (roomId === "bob") {
    return [
      text(1, bob, NOW - 50 * MINUTE, "The room on the fourth floor is taken on Wednesday."),
      text(2, bob, NOW - 40 * MINUTE, "Shall we move it to Thursday?"),
    ];
  }
  if (roomId === "archive") {
    return Array.from({ length: 400 }, (_, index) =>
      text(
        index + 1,
        [alice, bob, carol][index % 7 < 3 ? 0 : (index % 2) + 1] ?? alice,
        NOW - 20 * DAY + index * 45 * MINUTE,
        `Note ${String(index + 1)} ${"about the harbour, the cranes and the tide. ".repeat((index * 7) % 5)}`,
      ),
    );
  }
  return [event(1, alice, NOW - DAY, "created")];
}

/** A long history: two messages a minute, of three people, of which some are long and some have marks. */
export function longHistory(count: number): MessageView[] {
  return Array.from({ length: count }, (_, index) => {
    const who = [alice, bob, carol][index % 7 < 3 ? 0 : (index % 2) + 1] ?? alice;
    const body = index % 11 === 0 ? `**Note ${String(index)}**\n\n- cranes\n- tide\n\n> See https://example.org/notes/${String(index)}` : `Note ${String(index)} ${"about the harbour, the cranes and the tide. ".repeat((index * 7) % 5)}`;
    return text(index + 1, who, NOW - (count - index) * 30_000, body);
  });
}

/** Everything that can be done to messages. */
function boardMessages(): MessageView[] {
  const plan = text(2, carol, NOW - 70 * MINUTE, "**Figures** for the third quarter are in. *Please* read them before Friday, ~~Thursday~~.\n\n> Costs are down by a tenth.\n> Nobody knows why yet.\n\n1. Travel\n2. Printing\n   - posters\n   - leaflets\n\nThe script is `report.sh`:\n```\n./report.sh --quarter 3\n```\nAll of it: https://example.org/figures?quarter=3 (or [the old place](https://example.org/old))", {
    reactions: [
      { emoji: "👍", names: [alice.name, bob.name], mine: true },
      { emoji: "🎉", names: [bob.name], mine: false },
    ],
    may_delete: true,
  });
  const answer = text(3, alice, NOW - 60 * MINUTE, "@Carol Lindqvist, I read them on the train.", {
    reply_to: quoteOf(plan),
    mentions: [{ user_id: carol.user_id, name: carol.name, me: false }],
    edited: true,
  });
  return [
    event(1, alice, NOW - DAY, "timers_set", { ttl_ms: String(DAY), burn_ms: String(5 * MINUTE) }),
    plan,
    answer,
    text(4, carol, NOW - 50 * MINUTE, "Thank you @Alice Moreau. This one goes when you have read it.", {
      reply_to: quoteOf(answer),
      mentions: [{ user_id: alice.user_id, name: alice.name, me: true }],
      burn_ms: 5 * MINUTE,
      ends_at: NOW + 23 * 60 * MINUTE,
    }),
    deleted(text(5, carol, NOW - 40 * MINUTE, "Not for here.")),
    text(6, alice, NOW - 30 * MINUTE, "I will call the printer.", {
      reply_to: { message_id: "gone", author_name: "", preview: "", file: null },
      ends_at: NOW + 12 * MINUTE,
      reactions: [{ emoji: "🙏", names: [carol.name], mine: false }],
    }),
  ];
}

function designMessages(): MessageView[] {
  const yesterday = NOW - DAY;
  return [
    event(1, alice, yesterday - 60 * MINUTE, "created"),
    event(2, alice, yesterday - 59 * MINUTE, "added", { by: alice.name, who: bob.name }),
    text(3, alice, yesterday - 58 * MINUTE, "Welcome both. This is where we look at drafts before they go to the client."),
    text(4, bob, yesterday - 40 * MINUTE, "Good. I would rather see rough sketches early than polished ones late."),
    text(5, bob, yesterday - 39 * MINUTE, "First question from my side: does the new form have to fit on one page? It did not in print, and people complained."),
    event(6, alice, yesterday, "added", { by: alice.name, who: carol.name }),
    text(7, carol, NOW - 95 * MINUTE, "Hello everyone!"),
    text(8, alice, NOW - 90 * MINUTE, "Hi Carol. Two things to decide today:\n\n1. the order of the steps\n2. what happens when somebody comes back after a week"),
    text(9, carol, NOW - 30 * MINUTE, "For the second: keep what they typed, and say so. Nothing is worse than an empty form."),
    event(10, bob, NOW - 12 * MINUTE, "call_started"),
    text(11, carol, NOW - 4 * MINUTE, "I put the second draft where we can all see it."),
    text(12, alice, NOW - 3 * MINUTE, "Thank you, looking now."),
    text(13, alice, NOW - 2 * MINUTE, "The step in the middle is much clearer.", { delivery: "failed" }),
    text(9_000_001, alice, NOW - MINUTE, "I will join in a minute.", { delivery: "sending" }),
  ];
}
