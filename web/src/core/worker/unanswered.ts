/**
 * What this tab asked of a leader in another tab, until the answer comes. When another tab leads, all of it is asked
 * again there, but for what the former leader may have done already and that must not be done twice.
 */
import type { Command } from "../generated/Command";

/** Doing these twice is doing them once: they ask, they set what is set, or they carry an id of their own. */
const AGAIN: ReadonlySet<Command["type"]> = new Set([
  "send_text",
  "retry_message",
  "open_room",
  "close_room",
  "mark_read",
  "list_devices",
  "look_up_person",
  "look_up_invitation",
]);

interface Asked {
  readonly command: Command;
  /** The leader said that it has it: it may be done, though no answer came. */
  taken: boolean;
}

export interface Left {
  readonly id: number;
  readonly command: Command;
  /** Whether to ask it again; else nobody can tell what became of it. */
  readonly again: boolean;
}

export class Unanswered {
  private readonly open = new Map<number, Asked>();

  ask(id: number, command: Command): void {
    this.open.set(id, { command, taken: false });
  }

  taken(id: number): void {
    const asked = this.open.get(id);
    if (asked) asked.taken = true;
  }

  answered(id: number): void {
    this.open.delete(id);
  }

  /** Another tab leads: hands over what is open, in the order in which it was asked. */
  takeAll(): Left[] {
    const left = Array.from(this.open, ([id, { command, taken }]) => ({ id, command, again: !taken || AGAIN.has(command.type) }));
    this.open.clear();
    return left;
  }
}
