import type { Reaction } from "../../core/generated/Reaction";
import type { ViewChoice } from "../../state/layout";

/** What one can do in a call; buttons and keys call the same functions. */
export interface CallActions {
  readonly microphone: () => void;
  readonly camera: () => void;
  readonly share: () => void;
  readonly hand: () => void;
  readonly react: (reaction: Reaction) => void;
  readonly people: () => void;
  readonly chat: () => void;
  readonly encryption: () => void;
  readonly statistics: () => void;
  readonly devices: () => void;
  /** The other layout. */
  readonly layout: () => void;
  readonly view: (choice: ViewChoice) => void;
  readonly fullScreen: () => void;
  readonly pip: () => void;
  readonly help: () => void;
  readonly leave: () => void;
  /** For everybody; null for who is no moderator. */
  readonly end: (() => void) | null;
  readonly toolbar: () => void;
}
