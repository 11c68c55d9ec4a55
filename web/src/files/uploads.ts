/**
 * Files on their way into messages.
 *
 * ```text
 *            place free      noted, sealed, sent part by part          the message is in the outbox
 *  queued ─────────────► running ───────────────────────────► posting ──────────────────────────► (gone)
 *    │                     │  ▲ retry                            │
 *    │                     ▼  │                                  ▼
 *    │                    failed ◄───────────────────────────────┘
 *    │                     ▲
 *    │    interrupted ─────┘ the same file was chosen again
 *    │  (by a reload)
 *    └─► cancelled from any of them: nothing stays, here or on the server
 * ```
 *
 * While the store is locked, of what was noted only the chosen file is kept: key, name and words come back out of the store
 * once it is open, and the upload goes on by itself.
 */
import type { UploadCard } from "../core/generated/UploadCard";
import type { Commands } from "../state/commands";
import type { Failure } from "../state/core";
import { Store, type Readable } from "../state/observable";
import { base64url } from "./base64url";
import { fileCard, uploadCard, uploadState, type FileFacts } from "./cards";
import type { FilesClient, Transfer, Uploaded, UploadState } from "./client";
import type { LiveUploads } from "./live";
import { about, readAbout, type Words } from "./noted";
import type { Progress } from "./wire";

/** A file that somebody wants to send, and all that is said with it. */
export interface FileWish {
  readonly file: Blob;
  readonly facts: FileFacts;
  readonly words: Words;
}

export type UploadStage = "queued" | "running" | "posting" | "failed" | "interrupted";

/** One upload, as it is shown. */
export interface UploadView {
  /** Also the message's. */
  readonly id: string;
  readonly roomId: string;
  readonly name: string;
  readonly size: number;
  readonly voiceNote: boolean;
  readonly stage: UploadStage;
  readonly progress: Readable<Progress>;
  /** Why it stopped. */
  readonly failure: Failure | null;
  /** It can be gone on with once its file is chosen again. Else it is lost with the page that had it. */
  readonly choosable: boolean;
}

/** As many at once: more only share the line, and hold places that the server gives to a device. */
const AT_ONCE = 2;

/** The server keeps nothing for longer, and cuts what asks for more (`signaling/src/limits.rs`). */
const KEPT_MS = 30 * 24 * 60 * 60 * 1_000;

/** With these what was uploaded is of no use: a further try begins anew. */
const ANEW = new Set(["file_changed", "file_unreadable", "file_damaged", "file_expired", "duplicate_id", "not_found"]);

interface Entry {
  view: UploadView;
  file: Blob | null;
  readonly facts: FileFacts;
  readonly words: Words;
  state: UploadState | null;
  expiresAt: number | null;
  transfer: Transfer<Uploaded> | null;
  uploaded: Uploaded | null;
  release: () => void;
}

/** What the page keeps of a noted upload while the store is locked. */
interface Kept {
  readonly file: Blob;
  readonly failure: Failure | null;
  readonly choosable: boolean;
  /** Ends the hold on the upload, which stays this page's. */
  readonly release: () => void;
}

type Saying = Pick<Commands, "noteUpload" | "listUploads" | "dropUpload" | "sendFile">;

export class Uploads {
  private readonly views = new Store<readonly UploadView[]>([]);
  private readonly entries = new Map<string, Entry>();
  /** Blobs that were sent or dropped here; what the core says of them may be of before. */
  private readonly settled = new Set<string>();
  /** By blob. */
  private readonly kept = new Map<string, Kept>();
  private readonly moves = new Store(0);
  private locked = false;
  private readonly commands: Saying;
  private readonly files: Pick<FilesClient, "upload">;
  private readonly live: LiveUploads;
  private readonly now: () => number;

  constructor(commands: Saying, files: Pick<FilesClient, "upload">, live: LiveUploads, now: () => number = Date.now) {
    this.commands = commands;
    this.files = files;
    this.live = live;
    this.now = now;
  }

  /** All of them, in the order in which they began. */
  get all(): Readable<readonly UploadView[]> {
    return this.views;
  }

  /** Rises each time that some upload is further than it ever was: something is going on, though nobody's hand is at it. */
  get moved(): Readable<number> {
    return this.moves;
  }

  /** Whether something is under way that the page alone has: no file of the disk, to be chosen again. */
  get wouldBeLost(): boolean {
    const underWay = this.views.get().filter(({ stage }) => stage !== "interrupted");
    return [...underWay, ...this.kept.values()].some(({ choosable }) => !choosable);
  }

  send(roomId: string, { file, facts, words }: FileWish): void {
    const id = crypto.randomUUID();
    const view: UploadView = {
      id,
      roomId,
      name: facts.name,
      size: file.size,
      voiceNote: facts.waveform !== null,
      stage: "queued",
      progress: progressOf(file.size),
      failure: null,
      choosable: words.fromDisk,
    };
    this.add({ view, file, facts, words, state: null, expiresAt: null, transfer: null, uploaded: null, release: () => {} });
    this.next();
  }

  /** What was noted by a page that is gone, of uploads that no page works on. */
  async load(): Promise<void> {
    const outcome = await this.commands.listUploads();
    // What was never noted goes on all the same; the rest when it is asked for again.
    if (!outcome.ok) return this.next();
    const held = outcome.value.length > 0 ? await this.live.held() : new Set();
    if (this.locked) return;
    const own = new Set([...this.entries.values()].map(({ state }) => state?.ticket.blobId));
    for (const card of outcome.value) {
      const kept = this.kept.get(card.blob_id);
      this.kept.delete(card.blob_id);
      if ((kept || !held.has(card.blob_id)) && !own.has(card.blob_id) && !this.settled.has(card.blob_id)) this.take(card, kept);
      else kept?.release();
    }
    // Their messages were in the outbox already.
    this.forgetKept();
    this.next();
  }

  /** The store is locked, and with it go the keys: {@link FilesClient.halt} ends what is under way. */
  lock(): void {
    this.locked = true;
    for (const [id, entry] of this.entries) {
      const { file, state, view, release } = entry;
      const failure = view.stage === "failed" ? view.failure : null;
      if (file && state) this.kept.set(state.ticket.blobId, { file, failure, choosable: view.choosable, release });
      // Another object: what still waits for the one before must not touch it.
      if (file && !state) this.entries.set(id, { ...entry, transfer: null, view: { ...view, stage: failure ? "failed" : "queued" } });
      else this.entries.delete(id);
    }
    this.tell();
  }

  /** The store is open again: what was under way goes on. */
  unlock(): void {
    if (!this.locked) return;
    this.locked = false;
    void this.load();
  }

  /** Ends it; nothing of it stays. */
  cancel(id: string): void {
    const entry = this.entries.get(id);
    if (!entry) return;
    this.remove(id);
    entry.transfer?.cancel();
    this.drop(entry);
    this.next();
  }

  /** Tries again what failed. */
  retry(id: string): void {
    const entry = this.entries.get(id);
    if (entry?.view.stage !== "failed") return;
    const code = entry.view.failure?.code ?? "";
    if (ANEW.has(code)) this.forgetSent(entry);
    if (entry.uploaded) return void this.post(entry, entry.uploaded);
    this.show(entry, { stage: entry.file ? "queued" : "interrupted", failure: null });
    this.next();
  }

  /** The file of an interrupted upload, chosen again. */
  choose(id: string, file: Blob): void {
    const entry = this.entries.get(id);
    if (!entry || entry.view.stage === "running") return;
    if (file.size !== entry.view.size) return this.show(entry, { stage: "interrupted", failure: { code: "file_other", params: { name: entry.view.name } } });
    entry.file = file;
    this.show(entry, { stage: "queued", failure: null });
    this.next();
  }

  /** Nobody is signed in any more: all of it ends. The core has forgotten what was noted. */
  clear(): void {
    for (const entry of this.entries.values()) {
      entry.transfer?.cancel();
      entry.release();
    }
    this.entries.clear();
    this.forgetKept();
    this.locked = false;
    this.tell();
  }

  /** Uploads into rooms that are not there any more. */
  keepRooms(rooms: ReadonlySet<string>): void {
    const gone = this.views.get().filter(({ roomId }) => !rooms.has(roomId));
    for (const { id } of gone) this.cancel(id);
  }

  private take(card: UploadCard, kept: Kept | undefined): void {
    const noted = readAbout(card.about);
    // Of another kind than a message's, and somebody else's business.
    if (!noted) return;
    const { facts, words, size, id } = noted;
    if (this.entries.has(id)) return;
    const stage = kept ? (kept.failure ? "failed" : "queued") : "interrupted";
    const view: UploadView = {
      id,
      roomId: card.room_id,
      name: facts.name,
      size,
      voiceNote: facts.waveform !== null,
      stage,
      progress: progressOf(size),
      failure: kept?.failure ?? null,
      choosable: words.fromDisk,
    };
    const { file, release } = kept ?? { file: null, release: () => {} };
    this.add({ view, file, facts, words, state: uploadState(card), expiresAt: card.expires_at, transfer: null, uploaded: null, release });
  }

  /** Begins as many as there is room for. */
  private next(): void {
    if (this.locked) return;
    const all = [...this.entries.values()];
    let running = all.filter(({ view }) => view.stage === "running").length;
    for (const entry of all) {
      if (running >= AT_ONCE) return;
      if (entry.view.stage !== "queued" || !entry.file) continue;
      running += 1;
      void this.run(entry, entry.file);
    }
  }

  private async run(entry: Entry, file: Blob): Promise<void> {
    const { id, roomId } = entry.view;
    const { ttlMs, endsAt = null } = entry.words;
    const expiresAt = Math.min(entry.expiresAt ?? this.now() + (ttlMs ?? KEPT_MS), endsAt ?? Infinity);
    if (expiresAt <= this.now()) return this.stop(entry, { code: "file_expired", params: {} });
    entry.expiresAt = expiresAt;
    const said = about({ id, size: file.size, facts: entry.facts, words: entry.words });
    const note = async (state: UploadState): Promise<void> => {
      if (!this.has(entry)) throw new Error("it was cancelled");
      if (entry.state?.ticket.blobId !== state.ticket.blobId) {
        entry.release();
        entry.release = this.live.hold(state.ticket.blobId);
      }
      entry.state = state;
      const outcome = await this.commands.noteUpload(uploadCard(state, roomId, expiresAt, said));
      if (outcome.ok) return;
      if (this.has(entry)) this.stop(entry, outcome.failure);
      throw new Error(outcome.failure.code);
    };
    if (entry.state) {
      entry.release();
      entry.release = this.live.hold(entry.state.ticket.blobId);
    }
    const transfer = this.files.upload({ roomId, file, expiresAt, note, ...(entry.state && { resume: entry.state }) });
    entry.transfer = transfer;
    this.show(entry, { stage: "running", progress: transfer.progress, failure: null });
    this.watch(transfer.progress);
    const outcome = await transfer.done;
    if (!this.has(entry)) return;
    entry.transfer = null;
    if (outcome.ok) {
      entry.uploaded = outcome.value;
      await this.post(entry, outcome.value);
    } else if (entry.view.stage === "running") this.stop(entry, outcome.failure);
    this.next();
  }

  /** Puts the message into the outbox; from there on it is the core's. */
  private async post(entry: Entry, { file, uploadSecret }: Uploaded): Promise<void> {
    const { id, roomId } = entry.view;
    this.show(entry, { stage: "posting", failure: null });
    const { text, replyTo, mentions, ttlMs, burnMs, forwarded = false } = entry.words;
    const said = {
      file: fileCard(file, entry.facts),
      uploadSecret: base64url(uploadSecret),
      text,
      replyTo,
      mentions: [...mentions],
      endsAt: ttlMs === null && (entry.words.endsAt ?? null) === null ? null : entry.expiresAt,
      burnMs,
      forwarded,
    };
    const outcome = await this.commands.sendFile(roomId, said, id);
    if (!this.has(entry)) return;
    if (outcome.ok) this.settled.add(file.blobId);
    if (outcome.ok) this.remove(id);
    else this.stop(entry, outcome.failure);
  }

  /** A server that answers without ever having more is no progress. */
  private watch(progress: Readable<Progress>): void {
    let furthest = 0;
    progress.subscribe(() => {
      const { done } = progress.get();
      if (done <= furthest) return;
      furthest = done;
      this.moves.update((moves) => moves + 1);
    });
  }

  private has(entry: Entry): boolean {
    return this.entries.get(entry.view.id) === entry;
  }

  private forgetKept(): void {
    for (const { release } of this.kept.values()) release();
    this.kept.clear();
  }

  /** What was uploaded is given up; the next try has another blob. */
  private forgetSent(entry: Entry): void {
    this.drop(entry);
    entry.state = null;
    entry.uploaded = null;
    entry.expiresAt = null;
  }

  private drop({ state }: Entry): void {
    if (!state) return;
    this.settled.add(state.ticket.blobId);
    void this.commands.dropUpload(state.ticket.blobId);
  }

  private stop(entry: Entry, failure: Failure): void {
    entry.release();
    this.show(entry, { stage: "failed", failure });
  }

  private add(entry: Entry): void {
    this.entries.set(entry.view.id, entry);
    this.tell();
  }

  private remove(id: string): void {
    this.entries.get(id)?.release();
    this.entries.delete(id);
    this.tell();
  }

  private show(entry: Entry, change: Partial<UploadView>): void {
    entry.view = { ...entry.view, ...change };
    this.tell();
  }

  private tell(): void {
    this.views.set([...this.entries.values()].map(({ view }) => view));
  }
}

function progressOf(total: number): Readable<Progress> {
  return new Store<Progress>({ done: 0, total, state: "running" });
}
