import type { Found } from "../core/generated/Found";
import type { CallMessageView } from "../core/generated/CallMessageView";
import type { CallView } from "../core/generated/CallView";
import type { ContactCard } from "../core/generated/ContactCard";
import type { ContactsView } from "../core/generated/ContactsView";
import type { IdVideoCard } from "../core/generated/IdVideoCard";
import type { Judgement } from "../core/generated/Judgement";
import type { MessageView } from "../core/generated/MessageView";
import type { ParticipantAsk } from "../core/generated/ParticipantAsk";
import type { ParticipantView } from "../core/generated/ParticipantView";
import type { PersonCard } from "../core/generated/PersonCard";
import type { Reaction } from "../core/generated/Reaction";
import type { RingView } from "../core/generated/RingView";
import type { RoomCallView } from "../core/generated/RoomCallView";
import type { RoomView } from "../core/generated/RoomView";
import type { SessionView } from "../core/generated/SessionView";
import type { Trust } from "../core/generated/Trust";
import type { UploadCard } from "../core/generated/UploadCard";
import type { Command, CoreClient, CoreEvent, Failure, Reply } from "../state/core";
import { actOn, mentionsOf } from "./fake-acts";
import { fileCardOf } from "./fake-files";
import { alice, bob, carol, dan, EVERYBODY, NOW, participant, quoteOf, room, said, someMessages, someRooms, text } from "./fake-data";

/** Where the fake account sits in its call. */
const OWN_LEAF = 2;

const DONE: Reply = { type: "done" };

function failed(code: string, params: Record<string, string> = {}): Reply {
  return { type: "failed", value: { code, params } };
}

/** What both devices of a pairing show. */
export const PAIRING_WORDS = ["muzik", "hozoj", "dazub", "sovuh"];

/** Messages that a room shows at first, and that one loading adds. */
const PAGE = 60;

/** A core that plays an account with some rooms. It encrypts nothing and talks to nobody. */
export class FakeCore implements CoreClient {
  /** Commands as they came, for tests. */
  readonly sent: Command[] = [];
  /** Of rooms, base64url. */
  readonly pictures = new Map<string, string | null>();
  nudged = 0;
  /** After how long without a hand the page wants the store locked. */
  idleMs: number | null = null;
  /** What was noted of uploads, by blob. */
  readonly noted = new Map<string, UploadCard>();
  session: SessionView;
  rooms: RoomView[] = someRooms();
  call: CallView | null = null;
  /** What the network asks in dealing with contacts. */
  contacts: ContactsView = { verify_inside: "optional", verify_outside: "optional", outside_contacts: true, own_video: null };
  /** ID videos of contacts, by user. */
  readonly videos = new Map<string, IdVideoCard>([[carol.user_id, someVideo("carol")]]);
  readonly #judged = new Map<string, Trust>();
  /** Answers that a test wants instead of the usual ones. */
  readonly answers = new Map<Command["type"], Reply>();
  readonly #messages = new Map<string, MessageView[]>();
  readonly #shown = new Map<string, number>();
  readonly #listeners = new Set<(event: CoreEvent) => void>();
  #order = 20_000;

  constructor(signedIn: boolean) {
    this.session = signedIn ? this.#signedIn() : { state: "signed_out", reason: null };
  }

  onEvent(listener: (event: CoreEvent) => void): () => void {
    this.#listeners.add(listener);
    queueMicrotask(() => {
      this.#tellAll();
    });
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Tells every listener. */
  tell(event: CoreEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  /** Says something to the person. */
  notice(notice: Failure): void {
    this.tell({ type: "notice", notice });
  }

  async send(command: Command): Promise<Reply> {
    this.sent.push(command);
    await Promise.resolve();
    return this.answers.get(command.type) ?? this.#answer(command);
  }

  nudge(): void {
    this.nudged += 1;
  }

  active(idleMs: number | null): void {
    this.idleMs = idleMs;
  }

  lock(): void {
    this.session = { state: "locked" };
    this.tell({ type: "session", session: this.session });
  }

  #answer(command: Command): Reply {
    switch (command.type) {
      case "look_up_invitation":
        return this.#invitation(command.code);
      case "sign_in":
        if (command.password.startsWith("wrong")) return failed("wrong_password");
        return this.#enter();
      case "register":
        return this.#enter();
      case "sign_out":
        this.session = { state: "signed_out", reason: null };
        this.#tellSession();
        return DONE;
      case "look_up_person": {
        const found = EVERYBODY.find((person) => person.email === command.email.trim().toLowerCase());
        return found ? { type: "person", value: found } : failed("person_unknown", { email: command.email });
      }
      case "look_at_contact": {
        const found = this.#person(command.user_id);
        return found ? { type: "contact", value: this.#cardOf(found) } : failed("not_found");
      }
      case "list_contacts":
        return { type: "contacts", value: EVERYBODY.map(({ user_id }) => this.#person(user_id)).filter((person) => person !== undefined && person.trust !== "own" && person.trust !== "unverified") as PersonCard[] };
      case "contact_words":
        return { type: "words", value: { words: [...WORDS] } };
      case "judge_contact":
        this.judge(command.contact.user_id, command.judgement);
        return DONE;
      case "plan_id_video":
        return { type: "id_video_plan", value: { words: [...WORDS], day: 20_781, room_id: "own", max_ms: 20_000, max_len: 16 * 1024 * 1024 } };
      case "show_id_video":
        this.setContacts({ own_video: NOW });
        return DONE;
      case "create_room":
        return this.#createRoom(command.title, command.people);
      case "open_direct":
        return EVERYBODY.some((person) => person.email === command.email.trim().toLowerCase())
          ? { type: "room", value: { room_id: "bob" } }
          : failed("person_unknown");
      case "open_room":
        this.#shown.set(command.room_id, PAGE);
        this.#tellMessages(command.room_id, true);
        return DONE;
      case "load_older":
        this.#tellOlder(command.room_id);
        return DONE;
      case "send_text":
        return this.#sendText(command);
      case "send_file":
        return this.#sendFile(command);
      case "give_token":
        return { type: "token", value: { token: "token" } };
      case "note_upload":
        this.noted.set(command.upload.blob_id, command.upload);
        return DONE;
      case "list_uploads":
        return { type: "uploads", value: [...this.noted.values()] };
      case "drop_upload":
        this.noted.delete(command.blob_id);
        return DONE;
      case "edit_message":
      case "react_to_message":
      case "delete_message": {
        const message = this.#of(command.room_id).find((each) => each.message_id === command.message_id);
        if (!message) return failed("not_found");
        this.receive(command.room_id, actOn(message, command, this.#membersOf(command.room_id)));
        return DONE;
      }
      case "set_timers":
        this.#changeRoom(command.room_id, { ttl_ms: command.ttl_ms, burn_ms: command.burn_ms });
        return DONE;
      case "mark_read":
        this.#changeRoom(command.room_id, { unread: 0 });
        return DONE;
      case "rename_room":
        this.#changeRoom(command.room_id, { title: command.title });
        return DONE;
      case "describe_room":
        this.#changeRoom(command.room_id, { about: command.about });
        return DONE;
      case "set_room_picture":
        this.pictures.set(command.room_id, command.picture);
        this.#changeRoom(command.room_id, { picture: command.picture === null ? null : this.#order++ });
        return DONE;
      case "get_room_picture":
        return { type: "room_picture", value: { picture: this.pictures.get(command.room_id) ?? null } };
      case "set_constant_bitrate":
        this.#changeRoom(command.room_id, { constant_bitrate: command.on });
        return DONE;
      case "remove_person": {
        const members = this.#membersOf(command.room_id);
        this.#changeRoom(command.room_id, { members: members.filter((person) => person.user_id !== command.user_id) });
        return DONE;
      }
      case "set_muted":
        this.#changeRoom(command.room_id, { muted: command.on });
        return DONE;
      case "set_receipts":
        if (this.session.state === "signed_in") this.tell({ type: "session", session: { ...this.session, receipts: command.on } });
        return DONE;
      case "set_typing_signs":
        if (this.session.state === "signed_in") this.tell({ type: "session", session: { ...this.session, typing: command.on } });
        return DONE;
      case "set_typing":
      case "set_push":
        return DONE;
      case "set_lock":
        if (command.password === "wrong") return failed("wrong_password");
        this.tell({ type: "store_lock", on: command.on });
        return DONE;
      case "unlock":
        if (command.password === "wrong") return failed("wrong_password");
        return this.#enter();
      case "forward_message": {
        const message = this.#of(command.room_id).find((each) => each.message_id === command.message_id);
        if (!message) return failed("not_found");
        const copy = { ...message, message_id: `copy-${String(this.#order++)}`, forwarded: true };
        this.receive(command.to, copy);
        return { type: "message", value: { message_id: copy.message_id } };
      }
      case "save_message": {
        const message = this.#of(command.room_id).find((each) => each.message_id === command.message_id);
        if (!message) return failed("not_found");
        this.receive(command.room_id, { ...message, saved: command.on });
        return DONE;
      }
      case "list_saved":
        return { type: "found", value: this.#saved() };
      case "set_quick_replies":
        if (this.session.state === "signed_in") this.tell({ type: "session", session: { ...this.session, quick_replies: command.replies } });
        return DONE;
      case "save_draft":
        this.#changeRoom(command.room_id, { draft: command.draft });
        return DONE;
      case "search":
        return { type: "found", value: this.#search(command.query) };
      case "set_room_end":
        this.#changeRoom(command.room_id, { ends_at: command.life_ms === 0 ? null : NOW + command.life_ms });
        return DONE;
      case "delete_room":
      case "leave_room":
        this.rooms = this.rooms.filter((room) => room.room_id !== command.room_id);
        this.tell({ type: "rooms", rooms: this.rooms });
        return DONE;
      case "open_pairing":
        this.tell({ type: "pairing", pairing: { state: "code", code: "K7Q2-9MXP", expires_at: NOW + 600_000 } });
        return DONE;
      case "enter_pairing":
        if (command.code.startsWith("wrong")) return failed("pairing_unknown");
        this.tell({ type: "pairing", pairing: { state: "compare", words: PAIRING_WORDS, name: alice.name, email: alice.email } });
        return DONE;
      case "admit_paired":
        if (command.password.startsWith("wrong")) return failed("wrong_password");
        this.tell({ type: "pairing", pairing: { state: "working" } });
        return DONE;
      case "join_paired":
        this.tell({ type: "pairing", pairing: null });
        return this.#enter();
      case "end_pairing":
        this.tell({ type: "pairing", pairing: null });
        return DONE;
      case "list_devices":
        return { type: "devices", value: DEVICES };
      case "join_call":
        this.setCall(someCall(command.room_id));
        return { type: "call_entered", value: { ice_servers: [], constant_bitrate: false } };
      case "leave_call":
        this.setCall(null);
        return DONE;
      case "media_offer":
        return { type: "sdp_answer", value: { sdp: "" } };
      case "try_network":
        return { type: "network_trial", value: { sdp: "", ice_servers: [] } };
      case "say_in_call":
        return this.#sayInCall(command.text);
      case "react":
        this.react(OWN_LEAF, command.reaction);
        return DONE;
      case "ask_participant":
        this.#follow(command.leaf, command.ask);
        return DONE;
      case "decline_call":
        this.ring(command.room_id, null);
        return DONE;
      case "remove_participant":
        this.#remove(command.leaf);
        return DONE;
      case "lock_call":
        if (this.call) this.setCall({ ...this.call, locked: command.locked });
        return DONE;
      case "keep_stranger":
        if (this.call) this.setCall({ ...this.call, strangers: this.call.strangers.filter((leaf) => leaf !== command.leaf) });
        return DONE;
      case "spotlight":
        if (this.call) this.setCall({ ...this.call, spotlight: command.leaf });
        return DONE;
      case "end_call":
        this.setCall(null);
        return DONE;
      case "make_guest_link": {
        const link = { link_id: `link-${String(this.#order++)}`, secret: "c2VjcmV0", expires_at: NOW + command.life_ms, by: alice.name, mine: true };
        const before = this.rooms.find((room) => room.room_id === command.room_id)?.guest_links ?? [];
        this.#changeRoom(command.room_id, { guest_links: [link, ...before] });
        return { type: "guest_link", value: { link_id: link.link_id } };
      }
      case "revoke_guest_link": {
        const before = this.rooms.find((room) => room.room_id === command.room_id)?.guest_links ?? [];
        this.#changeRoom(command.room_id, { guest_links: before.filter((link) => link.link_id !== command.link_id) });
        return DONE;
      }
      case "admit_guests":
        if (this.call) this.setCall({ ...this.call, lobby: this.call.lobby.filter((knock) => !command.knocks.includes(knock.knock_id)) });
        return DONE;
      case "deny_guest":
        if (this.call) this.setCall({ ...this.call, lobby: this.call.lobby.filter((knock) => knock.device_id !== command.device_id) });
        return DONE;
      case "become_guest":
        return failed("link_unknown");
      case "add_people":
      case "close_room":
      case "retry_message":
      case "revoke_device":
      case "show_video":
      case "set_media":
        return DONE;
    }
  }

  /** Something is said of a contact, which shows everywhere. */
  judge(userId: string, judgement: Judgement): void {
    const trust = ({ video: "verified", in_person: "verified", declined: "declined", blocked: "blocked", open: "unverified" } as const)[judgement];
    this.#judged.set(userId, trust);
    const unwanted = trust === "declined" || trust === "blocked";
    this.rooms = this.rooms.map((room) => ({
      ...room,
      members: room.members.map((person) => (person.user_id === userId ? { ...person, trust } : person)),
      ...(room.kind === "direct" && room.members.some((person) => person.user_id === userId) && { refusal: unwanted ? "contact_declined" : null }),
    }));
    this.tell({ type: "rooms", rooms: this.rooms });
    this.tell({ type: "contacts_changed" });
  }

  /** Another policy, or another own video. */
  setContacts(change: Partial<ContactsView>): void {
    this.contacts = { ...this.contacts, ...change };
    if (this.session.state === "signed_in") this.session = this.#signedIn();
    this.#tellSession();
    this.tell({ type: "contacts_changed" });
  }

  #person(userId: string): PersonCard | undefined {
    const found = EVERYBODY.find((person) => person.user_id === userId);
    return found && { ...found, trust: this.#judged.get(userId) ?? found.trust };
  }

  #cardOf(person: PersonCard): ContactCard {
    const verified = person.trust === "verified";
    const said = verified || person.trust === "declined" || person.trust === "blocked";
    return { person, verified_by: verified ? "video" : null, said_at: said ? NOW - 86_400_000 : null, video: this.videos.get(person.user_id) ?? null };
  }

  /** Changes the call that one is in. */
  setCall(call: CallView | null): void {
    this.call = call;
    this.tell({ type: "call", call });
  }

  /** A call in a room rings, or does so no more. */
  ring(roomId: string, ring: RingView | null, change: Partial<RoomCallView> = {}): void {
    const call = { started_at: Date.now(), names: ["Bob Okafor"], joined: false, elsewhere: false, ring, ...change };
    this.#changeRoom(roomId, { call });
  }

  /** Something is said in the call. */
  say(...messages: CallMessageView[]): void {
    this.tell({ type: "call_messages", reset: false, messages });
  }

  /** A participant gives a sign. */
  react(leaf: number, reaction: Reaction): void {
    this.tell({ type: "call_reaction", leaf, reaction });
  }

  /** A message arrives, or changes. */
  receive(roomId: string, message: MessageView): void {
    const messages = this.#of(roomId);
    const known = messages.findIndex((each) => each.message_id === message.message_id);
    if (known < 0) messages.push(message);
    else messages[known] = message;
    this.tell({ type: "messages", room_id: roomId, reset: false, messages: [message], removed: [], has_older: messages.length > (this.#shown.get(roomId) ?? PAGE) });
  }

  #invitation(code: string): Reply {
    if (code === "used") return failed("invitation_used");
    if (code === "expired") return failed("invitation_expired");
    const name = code === "named" ? "Alice Moreau" : null;
    return { type: "invitation", value: { network_name: "Harbour & Sons", email: alice.email, email_fixed: code !== "first", name } };
  }

  #enter(): Reply {
    this.session = this.#signedIn();
    this.#tellAll();
    return DONE;
  }

  #signedIn(): SessionView {
    return { state: "signed_in", me: alice, device_id: "device-1", connection: "online", contacts: this.contacts, guest: null, receipts: true, quick_replies: [], saved: 0, typing: true };
  }

  #createRoom(title: string, people: string[]): Reply {
    const members = [alice, ...EVERYBODY.filter((person) => people.includes(person.email))];
    this.rooms = [room(`room-${String(this.rooms.length)}`, title, members, { active_at: NOW }), ...this.rooms];
    this.tell({ type: "rooms", rooms: this.rooms });
    return { type: "room", value: { room_id: this.rooms[0]?.room_id ?? "" } };
  }

  #saved(): Found {
    const messages = this.rooms.flatMap(({ room_id }) =>
      this.#of(room_id).flatMap(({ message_id, author_name, mine, sent_at, body, saved }) =>
        saved ? [{ room_id, message_id, author_name, mine, sent_at, excerpt: "text" in body ? body.text : "" }] : [],
      ),
    );
    return { messages, more: false };
  }

  #search(query: string): Found {
    const has = (text: string): boolean => text.toLowerCase().includes(query.toLowerCase());
    const messages = this.rooms.flatMap(({ room_id }) =>
      this.#of(room_id).flatMap(({ message_id, author_name, mine, sent_at, body }) =>
        body.type === "text" && has(body.text) ? [{ room_id, message_id, author_name, mine, sent_at, excerpt: body.text }] : [],
      ),
    );
    return { messages: messages.toSorted((a, b) => b.sent_at - a.sent_at), more: false };
  }

  #sendText(command: Extract<Command, { type: "send_text" }>): Reply {
    const { room_id: roomId, text: body, reply_to, mentions, ttl_ms, burn_ms } = command;
    const answered = this.#of(roomId).find((each) => each.message_id === reply_to);
    const message = text(this.#order++, alice, NOW, body, {
      delivery: "sending",
      reply_to: answered ? quoteOf(answered) : null,
      mentions: mentionsOf(mentions, this.#membersOf(roomId)),
      ends_at: ttl_ms === undefined ? null : NOW + ttl_ms,
      burn_ms: burn_ms ?? null,
    });
    this.receive(roomId, message);
    queueMicrotask(() => {
      this.receive(roomId, { ...message, delivery: "sent" });
    });
    return { type: "message", value: { message_id: message.message_id } };
  }

  #sendFile(command: Extract<Command, { type: "send_file" }>): Reply {
    const { room_id: roomId, file, text: body, reply_to, mentions, ends_at, burn_ms, message_id } = command;
    const answered = this.#of(roomId).find((each) => each.message_id === reply_to);
    this.noted.delete(file.blob_id);
    const message = text(this.#order++, alice, NOW, "", {
      message_id: message_id ?? `file-${file.blob_id}`,
      body: { type: "file", file, text: body },
      reply_to: answered ? quoteOf(answered) : null,
      mentions: mentionsOf(mentions, this.#membersOf(roomId)),
      ends_at: ends_at ?? null,
      burn_ms: burn_ms ?? null,
    });
    this.receive(roomId, message);
    return { type: "message", value: { message_id: message.message_id } };
  }

  /** A message ends, without a trace. */
  end(roomId: string, messageId: string): void {
    const messages = this.#of(roomId);
    this.#messages.set(
      roomId,
      messages.filter((each) => each.message_id !== messageId),
    );
    this.tell({ type: "messages", room_id: roomId, reset: false, messages: [], removed: [messageId], has_older: false });
  }

  #sayInCall(body: string): Reply {
    const message = said(this.#order++, alice, body, { delivery: "sending" });
    this.say(message);
    queueMicrotask(() => {
      this.say({ ...message, delivery: "sent" });
    });
    return { type: "message", value: { message_id: message.message_id } };
  }

  /** The others do as they are asked, but that one unmutes oneself. */
  #follow(leaf: number | null, ask: ParticipantAsk): void {
    if (!this.call) return;
    const change = { mute: { microphone: false }, unmute: {}, lower_hand: { hand: false, hand_place: null } }[ask];
    const asked = (each: ParticipantView): boolean => (leaf === null ? !each.this_device : each.leaf === leaf);
    this.setCall({ ...this.call, participants: this.call.participants.map((each) => (asked(each) ? { ...each, ...change } : each)) });
  }

  #remove(leaf: number): void {
    if (!this.call) return;
    const { participants } = this.call;
    const person = participants.find((each) => each.leaf === leaf)?.person.user_id;
    this.setCall({ ...this.call, participants: participants.filter((each) => each.person.user_id !== person) });
  }

  #changeRoom(roomId: string, change: Partial<RoomView>): void {
    this.rooms = this.rooms.map((room) => (room.room_id === roomId ? { ...room, ...change } : room));
    this.tell({ type: "rooms", rooms: this.rooms });
  }

  #membersOf(roomId: string): PersonCard[] {
    return this.rooms.find((room) => room.room_id === roomId)?.members ?? [];
  }

  #of(roomId: string): MessageView[] {
    const messages = this.#messages.get(roomId) ?? someMessages(roomId);
    this.#messages.set(roomId, messages);
    return messages;
  }

  #tellMessages(roomId: string, reset: boolean): void {
    const all = this.#of(roomId);
    const shown = this.#shown.get(roomId) ?? PAGE;
    const messages = all.slice(-shown);
    this.tell({ type: "messages", room_id: roomId, reset, messages, removed: [], has_older: all.length > shown });
  }

  /** One page more, and nothing that was told before. */
  #tellOlder(roomId: string): void {
    const all = this.#of(roomId);
    const shown = this.#shown.get(roomId) ?? PAGE;
    const end = Math.max(0, all.length - shown);
    this.#shown.set(roomId, shown + PAGE);
    const messages = all.slice(Math.max(0, end - PAGE), end);
    this.tell({ type: "messages", room_id: roomId, reset: false, messages, removed: [], has_older: end > PAGE });
  }

  /** A room has these messages from now on. */
  fill(roomId: string, messages: MessageView[]): void {
    this.#messages.set(roomId, messages);
  }

  #tellSession(): void {
    this.tell({ type: "session", session: this.session });
  }

  #tellAll(): void {
    this.#tellSession();
    if (this.session.state === "signed_out") return;
    this.tell({ type: "rooms", rooms: this.rooms });
    this.tell({ type: "call", call: this.call });
  }
}

const WORDS = ["wire", "leg", "toward", "smooth", "inflict", "puppy"];

/** An ID video. */
export function someVideo(name: string, change: Partial<IdVideoCard> = {}): IdVideoCard {
  const file = fileCardOf(`ID video of ${name}`, "video/webm", { duration_ms: 9_000, may_save: false });
  return { file, recorded_on: NOW - 2 * 86_400_000, of_key: true, ...change };
}

const DEVICES = [
  { device_id: "device-1", name: "Chromium on Linux", added_at: NOW - 86_400_000 * 40, this_device: true },
  { device_id: "device-2", name: "Safari on iPhone", added_at: NOW - 86_400_000 * 12, this_device: false },
];

/** The call of a room with three others in it. */
export function someCall(roomId: string): CallView {
  return {
    call_id: `call-${roomId}`,
    room_id: roomId,
    phase: "joined",
    started_at: Date.now() - 12 * 60_000,
    participants: [
      participant(0, bob),
      participant(1, carol, { microphone: false }),
      participant(2, alice),
      participant(3, dan, { camera: false, hand: true, hand_place: 1 }),
    ],
    speaker: 0,
    may_ask: true,
    may_moderate: true,
    spotlight: null,
    strangers: [],
    may_admit: true,
    lobby: [],
    locked: false,
    constant_bitrate: false,
    by: null,
    epoch: 7,
    code_digits: ["48213", "90567", "11840", "73352", "60918", "25477"],
    code_words: ["harbour", "violin", "copper", "orbit", "meadow", "lantern", "quartz", "sparrow"],
    suite: "MLS_128_MLKEM768X25519_AES256GCM_SHA384_Ed25519",
    media_suite: "AES_256_GCM_SHA512_128",
  };
}


