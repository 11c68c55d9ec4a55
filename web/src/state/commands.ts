import type { Found } from "../core/generated/Found";
import type { ContactCard } from "../core/generated/ContactCard";
import type { DeviceCard } from "../core/generated/DeviceCard";
import type { FileCard } from "../core/generated/FileCard";
import type { IdVideoPlan } from "../core/generated/IdVideoPlan";
import type { InvitationCard } from "../core/generated/InvitationCard";
import type { Judged } from "../core/generated/Judged";
import type { Judgement } from "../core/generated/Judgement";
import type { ParticipantAsk } from "../core/generated/ParticipantAsk";
import type { PersonCard } from "../core/generated/PersonCard";
import type { Reaction } from "../core/generated/Reaction";
import type { UploadCard } from "../core/generated/UploadCard";
import type { Command, CoreClient, Reply } from "./core";
import { expectReply, type Outcome } from "./outcome";
import type { Timers } from "./timers";

/** What one says in a room. */
export interface TextToSay {
  readonly text: string;
  /** The message that it answers. */
  readonly replyTo: string | null;
  /** Ids of members whom it names. */
  readonly mentions: string[];
  readonly timers: Timers;
}

/** A file that one sends to a room; it is on the server already. */
export interface FileToSay {
  readonly file: FileCard;
  /** base64url. */
  readonly uploadSecret: string;
  /** What is written with it; may be empty. */
  readonly text: string;
  readonly replyTo: string | null;
  readonly mentions: string[];
  /** When the blob ends, where the message is to. */
  readonly endsAt: number | null;
  readonly burnMs: number | null;
  /** It was said elsewhere before. */
  readonly forwarded: boolean;
}

/** The core's commands as methods with the answer's type. */
export class Commands {
  readonly #core: CoreClient;

  constructor(core: CoreClient) {
    this.#core = core;
  }

  lookUpInvitation(code: string): Promise<Outcome<InvitationCard>> {
    return this.#ask({ type: "look_up_invitation", code }, "invitation");
  }

  /** `email` as the page shows it: the account is made for no other. */
  register(code: string, email: string, name: string, password: string): Promise<Outcome<undefined>> {
    return this.#ask({ type: "register", code, email, name, password }, "done");
  }

  signIn(email: string, password: string): Promise<Outcome<undefined>> {
    return this.#ask({ type: "sign_in", email, password }, "done");
  }

  signOut(): Promise<Outcome<undefined>> {
    return this.#ask({ type: "sign_out" }, "done");
  }

  lookUpPerson(email: string): Promise<Outcome<PersonCard>> {
    return this.#ask({ type: "look_up_person", email }, "person");
  }

  lookAtContact(userId: string): Promise<Outcome<ContactCard>> {
    return this.#ask({ type: "look_at_contact", user_id: userId }, "contact");
  }

  /** Everybody of whom one said something that holds. */
  listContacts(): Promise<Outcome<PersonCard[]>> {
    return this.#ask({ type: "list_contacts" }, "contacts");
  }

  /** They take a moment. */
  contactWords(userId: string): Promise<Outcome<{ words: string[] }>> {
    return this.#ask({ type: "contact_words", user_id: userId }, "words");
  }

  /** `contact` as the person saw it. */
  judgeContact(contact: Judged, judgement: Judgement): Promise<Outcome<undefined>> {
    return this.#ask({ type: "judge_contact", contact, judgement }, "done");
  }

  planIdVideo(): Promise<Outcome<IdVideoPlan>> {
    return this.#ask({ type: "plan_id_video" }, "id_video_plan");
  }

  /** The file is in the room of the plan, and `day` that of the plan. */
  showIdVideo(file: FileCard, day: number): Promise<Outcome<undefined>> {
    return this.#ask({ type: "show_id_video", file, day }, "done");
  }

  createRoom(title: string, people: string[]): Promise<Outcome<{ room_id: string }>> {
    return this.#ask({ type: "create_room", title, people }, "room");
  }

  openDirect(email: string): Promise<Outcome<{ room_id: string }>> {
    return this.#ask({ type: "open_direct", email }, "room");
  }

  addPeople(roomId: string, people: string[]): Promise<Outcome<undefined>> {
    return this.#ask({ type: "add_people", room_id: roomId, people }, "done");
  }

  removePerson(roomId: string, userId: string): Promise<Outcome<undefined>> {
    return this.#ask({ type: "remove_person", room_id: roomId, user_id: userId }, "done");
  }

  leaveRoom(roomId: string): Promise<Outcome<undefined>> {
    return this.#ask({ type: "leave_room", room_id: roomId }, "done");
  }

  renameRoom(roomId: string, title: string): Promise<Outcome<undefined>> {
    return this.#ask({ type: "rename_room", room_id: roomId, title }, "done");
  }

  /** What the room is for; empty: nothing is said. */
  describeRoom(roomId: string, about: string): Promise<Outcome<undefined>> {
    return this.#ask({ type: "describe_room", room_id: roomId, about }, "done");
  }

  /** WebP or JPEG, base64url; nothing: it has none any more. */
  setRoomPicture(roomId: string, picture: string | null): Promise<Outcome<undefined>> {
    return this.#ask({ type: "set_room_picture", room_id: roomId, picture }, "done");
  }

  getRoomPicture(roomId: string): Promise<Outcome<{ picture: string | null }>> {
    return this.#ask({ type: "get_room_picture", room_id: roomId }, "room_picture");
  }

  /** Of the room's calls. */
  setConstantBitrate(roomId: string, on: boolean): Promise<Outcome<undefined>> {
    return this.#ask({ type: "set_constant_bitrate", room_id: roomId, on }, "done");
  }

  /** How long the room's messages live at most from their sending, and from their reading on; 0: without end. */
  setTimers(roomId: string, ttlMs: number, burnMs: number): Promise<Outcome<undefined>> {
    return this.#ask({ type: "set_timers", room_id: roomId, ttl_ms: ttlMs, burn_ms: burnMs }, "done");
  }

  /** When the room ends, with everything in it, from now on; 0: never. */
  setRoomEnd(roomId: string, lifeMs: number): Promise<Outcome<undefined>> {
    return this.#ask({ type: "set_room_end", room_id: roomId, life_ms: lifeMs }, "done");
  }

  /** Ends the room at once, for everybody. */
  deleteRoom(roomId: string): Promise<Outcome<undefined>> {
    return this.#ask({ type: "delete_room", room_id: roomId }, "done");
  }

  /** Whether one wants to hear nothing of the room. */
  setMuted(roomId: string, on: boolean): Promise<Outcome<undefined>> {
    return this.#ask({ type: "set_muted", room_id: roomId, on }, "done");
  }

  /** Whether others learn what one has received and read, and one of them. */
  setReceipts(on: boolean): Promise<Outcome<undefined>> {
    return this.#ask({ type: "set_receipts", on }, "done");
  }

  setTypingSigns(on: boolean): Promise<Outcome<undefined>> {
    return this.#ask({ type: "set_typing_signs", on }, "done");
  }

  /** Whether the person is typing there. What cannot be told now is told to nobody. */
  setTyping(roomId: string, on: boolean): Promise<Outcome<undefined>> {
    return this.#ask({ type: "set_typing", room_id: roomId, on }, "done");
  }

  /** Whether the store of this browser is locked while it is not used. */
  setLock(on: boolean, password: string): Promise<Outcome<undefined>> {
    return this.#ask({ type: "set_lock", on, password }, "done");
  }

  /** Opens the locked store. */
  unlock(password: string): Promise<Outcome<undefined>> {
    return this.#ask({ type: "unlock", password }, "done");
  }

  /** Where this browser is woken while it shows nothing of the app; nothing: it is not. */
  setPush(endpoint: string | null): Promise<Outcome<undefined>> {
    return this.#ask({ type: "set_push", endpoint }, "done");
  }

  saveDraft(roomId: string, draft: string): Promise<Outcome<undefined>> {
    return this.#ask({ type: "save_draft", room_id: roomId, draft }, "done");
  }

  /** Looks for words in what was said, in all rooms. */
  search(query: string): Promise<Outcome<Found>> {
    return this.#ask({ type: "search", query }, "found");
  }

  /** The same id is the same message, however often it is asked for. */
  sendText(roomId: string, { text, replyTo, mentions, timers }: TextToSay, messageId: string): Promise<Outcome<{ message_id: string }>> {
    const more = {
      ...(replyTo === null ? {} : { reply_to: replyTo }),
      ...(timers.ttlMs === null ? {} : { ttl_ms: timers.ttlMs }),
      ...(timers.burnMs === null ? {} : { burn_ms: timers.burnMs }),
    };
    return this.#ask({ type: "send_text", room_id: roomId, text, mentions, message_id: messageId, ...more }, "message");
  }

  /** The same id is the same message, however often it is asked for. */
  sendFile(roomId: string, { file, uploadSecret, text, replyTo, mentions, endsAt, burnMs, forwarded }: FileToSay, messageId: string): Promise<Outcome<{ message_id: string }>> {
    const more = {
      ...(replyTo === null ? {} : { reply_to: replyTo }),
      ...(endsAt === null ? {} : { ends_at: endsAt }),
      ...(burnMs === null ? {} : { burn_ms: burnMs }),
    };
    return this.#ask({ type: "send_file", room_id: roomId, file, upload_secret: uploadSecret, text, mentions, forwarded, message_id: messageId, ...more }, "message");
  }

  /** Says it again in another room; a message with a file is sent anew. The same id is the same copy. */
  forwardMessage(roomId: string, messageId: string, to: string, copyId: string): Promise<Outcome<{ message_id: string }>> {
    return this.#ask({ type: "forward_message", room_id: roomId, message_id: messageId, to, copy_id: copyId }, "message");
  }

  /** Whether it is among the saved ones. */
  saveMessage(roomId: string, messageId: string, on: boolean): Promise<Outcome<undefined>> {
    return this.#ask({ type: "save_message", room_id: roomId, message_id: messageId, on }, "done");
  }

  /** The saved ones that are here, the last saved first. */
  listSaved(): Promise<Outcome<Found>> {
    return this.#ask({ type: "list_saved" }, "found");
  }

  /** One's own short answers; none: those that the page has by itself. */
  setQuickReplies(replies: string[]): Promise<Outcome<undefined>> {
    return this.#ask({ type: "set_quick_replies", replies }, "done");
  }

  /** The session's token, if there is a newer one than `stale`. */
  giveToken(stale: string | null): Promise<Outcome<{ token: string }>> {
    return this.#ask({ type: "give_token", stale }, "token");
  }

  /** Stores what it takes to go on with an upload. */
  noteUpload(upload: UploadCard): Promise<Outcome<undefined>> {
    return this.#ask({ type: "note_upload", upload }, "done");
  }

  /** What was noted of uploads that were neither sent nor dropped. */
  listUploads(): Promise<Outcome<UploadCard[]>> {
    return this.#ask({ type: "list_uploads" }, "uploads");
  }

  /** Nobody goes on with it; the server deletes the blob. */
  dropUpload(blobId: string): Promise<Outcome<undefined>> {
    return this.#ask({ type: "drop_upload", blob_id: blobId }, "done");
  }

  /** Puts another text in place of one's own. */
  editMessage(roomId: string, messageId: string, text: string, mentions: string[]): Promise<Outcome<undefined>> {
    return this.#ask({ type: "edit_message", room_id: roomId, message_id: messageId, text, mentions }, "done");
  }

  /** Reacts to a message, or takes that back. */
  reactToMessage(roomId: string, messageId: string, emoji: string, on: boolean): Promise<Outcome<undefined>> {
    return this.#ask({ type: "react_to_message", room_id: roomId, message_id: messageId, emoji, on }, "done");
  }

  /** For everybody. */
  deleteMessage(roomId: string, messageId: string): Promise<Outcome<undefined>> {
    return this.#ask({ type: "delete_message", room_id: roomId, message_id: messageId }, "done");
  }

  retryMessage(roomId: string, messageId: string): Promise<Outcome<undefined>> {
    return this.#ask({ type: "retry_message", room_id: roomId, message_id: messageId }, "done");
  }

  openRoom(roomId: string): Promise<Outcome<undefined>> {
    return this.#ask({ type: "open_room", room_id: roomId }, "done");
  }

  loadOlder(roomId: string): Promise<Outcome<undefined>> {
    return this.#ask({ type: "load_older", room_id: roomId }, "done");
  }

  closeRoom(roomId: string): Promise<Outcome<undefined>> {
    return this.#ask({ type: "close_room", room_id: roomId }, "done");
  }

  markRead(roomId: string): Promise<Outcome<undefined>> {
    return this.#ask({ type: "mark_read", room_id: roomId }, "done");
  }

  listDevices(): Promise<Outcome<DeviceCard[]>> {
    return this.#ask({ type: "list_devices" }, "devices");
  }

  revokeDevice(deviceId: string, password: string): Promise<Outcome<undefined>> {
    return this.#ask({ type: "revoke_device", device_id: deviceId, password }, "done");
  }

  /** Wants to be paired with a new device; the client's `pairing` tells what follows. */
  openPairing(): Promise<Outcome<undefined>> {
    return this.#ask({ type: "open_pairing" }, "done");
  }

  /** Enters a code that another device shows. */
  enterPairing(code: string): Promise<Outcome<undefined>> {
    return this.#ask({ type: "enter_pairing", code }, "done");
  }

  /** The words are the same: the new device becomes one of the account. */
  admitPaired(password: string): Promise<Outcome<undefined>> {
    return this.#ask({ type: "admit_paired", password }, "done");
  }

  /** The same on the new device. */
  joinPaired(): Promise<Outcome<undefined>> {
    return this.#ask({ type: "join_paired" }, "done");
  }

  endPairing(): Promise<Outcome<undefined>> {
    return this.#ask({ type: "end_pairing" }, "done");
  }

  /** To all who are in the call now. */
  sayInCall(text: string): Promise<Outcome<{ message_id: string }>> {
    return this.#ask({ type: "say_in_call", text }, "message");
  }

  react(reaction: Reaction): Promise<Outcome<undefined>> {
    return this.#ask({ type: "react", reaction }, "done");
  }

  /** `leaf` null: of all others. */
  askParticipant(leaf: number | null, ask: ParticipantAsk): Promise<Outcome<undefined>> {
    return this.#ask({ type: "ask_participant", leaf, ask }, "done");
  }

  /** Does not answer the call that rings. */
  declineCall(roomId: string): Promise<Outcome<undefined>> {
    return this.#ask({ type: "decline_call", room_id: roomId }, "done");
  }

  /** Removes the person at this leaf, with all devices, for as long as the call lasts. */
  removeParticipant(leaf: number): Promise<Outcome<undefined>> {
    return this.#ask({ type: "remove_participant", leaf }, "done");
  }

  lockCall(locked: boolean): Promise<Outcome<undefined>> {
    return this.#ask({ type: "lock_call", locked }, "done");
  }

  /** Null: nobody any more. */
  keepStranger(leaf: number): Promise<Outcome<undefined>> {
    return this.#ask({ type: "keep_stranger", leaf }, "done");
  }

  spotlight(leaf: number | null): Promise<Outcome<undefined>> {
    return this.#ask({ type: "spotlight", leaf }, "done");
  }

  /** For everybody. */
  endCall(): Promise<Outcome<undefined>> {
    return this.#ask({ type: "end_call" }, "done");
  }

  makeGuestLink(roomId: string, lifeMs: number): Promise<Outcome<{ link_id: string }>> {
    return this.#ask({ type: "make_guest_link", room_id: roomId, life_ms: lifeMs }, "guest_link");
  }

  revokeGuestLink(roomId: string, linkId: string): Promise<Outcome<undefined>> {
    return this.#ask({ type: "revoke_guest_link", room_id: roomId, link_id: linkId }, "done");
  }

  /** Lets guests in who wait. */
  admitGuests(knocks: string[]): Promise<Outcome<undefined>> {
    return this.#ask({ type: "admit_guests", knocks }, "done");
  }

  denyGuest(deviceId: string): Promise<Outcome<undefined>> {
    return this.#ask({ type: "deny_guest", device_id: deviceId }, "done");
  }

  /** Of a guest's page: comes by a link. */
  becomeGuest(linkId: string, secret: string, name: string): Promise<Outcome<{ room_id: string }>> {
    return this.#ask({ type: "become_guest", link_id: linkId, secret, name }, "room");
  }

  async #ask<Type extends Reply["type"]>(
    command: Command,
    type: Type,
  ): Promise<ReturnType<typeof expectReply<Type>>> {
    return expectReply(await this.#core.send(command), type);
  }
}
