import type { CallMessageView } from "../core/generated/CallMessageView";
import type { CoreEvent } from "./core";
import { MAX_CALL_MESSAGES } from "./limits";
import { Store } from "./observable";

/** The chat of the call that one is in. */
export interface CallChatView {
  /** In order. */
  readonly messages: readonly CallMessageView[];
  /** Messages of others that came while the panel was closed. */
  readonly unread: number;
  readonly open: boolean;
}

const NOTHING: CallChatView = { messages: [], unread: 0, open: false };

/** What is said in the call, for as long as one is in it. */
export class CallChat {
  readonly view = new Store<CallChatView>(NOTHING);
  /** What is typed and not sent; outlives the panel. */
  draft = "";
  readonly #listeners = new Set<(message: CallMessageView) => void>();

  /** Hears what others say from now on, until the returned function is called. */
  onMessage(listener: (message: CallMessageView) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  take({ reset, messages }: CoreEvent & { type: "call_messages" }): void {
    const before = this.view.get();
    const known = new Map((reset ? [] : before.messages).map((message) => [message.message_id, message]));
    // What one heard before, and gets again with the call, is no news.
    const news = reset ? [] : messages.filter((message) => !message.mine && !known.has(message.message_id));
    for (const message of messages) known.set(message.message_id, message);
    this.view.set({
      ...before,
      messages: [...known.values()].toSorted((a, b) => a.order - b.order).slice(-MAX_CALL_MESSAGES),
      unread: before.open || reset ? 0 : before.unread + news.length,
    });
    for (const message of news) for (const listener of this.#listeners) listener(message);
  }

  /** The panel is open: what comes is read. Until the returned function is called. */
  open(): () => void {
    this.view.update((view) => ({ ...view, open: true, unread: 0 }));
    return () => {
      this.view.update((view) => ({ ...view, open: false }));
    };
  }

  /** The call is over. */
  clear(): void {
    this.draft = "";
    this.view.update(({ open }) => ({ ...NOTHING, open }));
  }
}
