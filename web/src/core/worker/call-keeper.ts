/**
 * Keeps a tab in its call when the device moves to another worker: the one that led is gone, and with it the keys of
 * the call. The tab enters the call again as soon as the new leader is online, and the page hears of no end.
 *
 * ```text
 *   apart ── call ──► in ── moved ──► moving ── online ──► entering ── call_entered ──► in
 *     ▲                │                │                     │ not_ready, offline: moving
 *     └── call: null ──┘                └── out of patience, refused, signed out ──► apart
 * ```
 */
import type { CallView } from "../generated/CallView";
import type { Event } from "../generated/Event";

/** Longer than a device needs to start and to connect; beyond, the call counts as over. */
const PATIENCE_MS = 20_000;

/** Reasons of a device that has only just started. */
const NOT_YET: ReadonlySet<string> = new Set(["offline", "not_ready"]);

/** The id of the command that enters again. */
export const ENTER_AGAIN = -1;

export class CallKeeper {
  private readonly tell: (event: Event) => void;
  private readonly enter: (roomId: string) => void;
  private call: CallView | null = null;
  private state: "settled" | "moving" | "entering" = "settled";
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** `enter` sends `join_call` to the leader, as {@link ENTER_AGAIN}. */
  constructor(tell: (event: Event) => void, enter: (roomId: string) => void) {
    this.tell = tell;
    this.enter = enter;
  }

  /** The person leaves. */
  leave(): void {
    this.call = null;
    this.settle();
  }

  /** Another worker leads now. */
  moved(): void {
    if (!this.call) return;
    this.state = "moving";
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.giveUp(), PATIENCE_MS);
    this.tell({ type: "call", call: { ...this.call, phase: "reconnecting" } });
    this.tell({ type: "slots", slots: [], watched: [] });
  }

  /** An event for this tab; the page hears what it is to hear. */
  hear(event: Event): void {
    switch (event.type) {
      case "call":
        // The new device is in no call yet.
        if (this.state !== "settled" && event.call === null) return;
        this.call = event.call?.phase === "removed" ? null : event.call;
        break;
      case "reply":
        if (event.id === ENTER_AGAIN) return this.entered(event.reply.type === "failed" ? event.reply.value.code : null);
        break;
      case "session":
        this.tell(event);
        if (event.session.state !== "signed_in") return this.state === "settled" ? undefined : this.giveUp();
        return event.session.connection === "online" ? this.tryToEnter() : undefined;
      case "rooms":
        this.tell(event);
        return this.tryToEnter();
      default:
        break;
    }
    this.tell(event);
  }

  private tryToEnter(): void {
    if (this.state !== "moving" || !this.call) return;
    this.state = "entering";
    this.enter(this.call.room_id);
  }

  private entered(failure: string | null): void {
    if (this.state !== "entering") return;
    if (failure === null) this.settle();
    else if (NOT_YET.has(failure)) this.state = "moving";
    else this.giveUp();
  }

  private giveUp(): void {
    this.call = null;
    this.settle();
    this.tell({ type: "call", call: null });
    this.tell({ type: "slots", slots: [], watched: [] });
  }

  private settle(): void {
    this.state = "settled";
    clearTimeout(this.timer);
  }
}
