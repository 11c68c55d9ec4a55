import type { MessageView } from "../../core/generated/MessageView";
import { failureText } from "../../i18n/codes";
import { useApp } from "../app/context";

/** Reacts to a message, or takes that back; says why, where that fails. */
export function useReact(roomId: string, messageId: string): (emoji: string, on: boolean) => Promise<void> {
  const { client } = useApp();
  return async (emoji, on) => {
    const outcome = await client.commands.reactToMessage(roomId, messageId, emoji, on);
    if (!outcome.ok) client.board.notify("alert", (t) => failureText(t, outcome.failure));
  };
}

/** Puts a message among the saved ones, or takes it out; says so, or why not. */
export function useSave(): (roomId: string, messageId: string, on: boolean) => Promise<boolean> {
  const { client } = useApp();
  return async (roomId, messageId, on) => {
    const outcome = await client.commands.saveMessage(roomId, messageId, on);
    if (!outcome.ok) client.board.notify("alert", (t) => failureText(t, outcome.failure));
    else if (on) client.board.announce((t) => t("message.saved_now"));
    return outcome.ok;
  };
}

/** What can be done with a message. */
export interface Doable {
  readonly react: boolean;
  readonly reply: boolean;
  readonly edit: boolean;
  readonly copy: boolean;
  readonly forward: boolean;
  readonly save: boolean;
  readonly remove: boolean;
}

/** What makes sense for a message of its kind, where it is, and who one is. */
export function doableWith({ body, delivery, may_edit, may_delete, may_forward }: MessageView): Doable {
  const said = body.type === "text" || body.type === "file" || body.type === "broken_file";
  // What stands with a file is text; a voice note has none.
  const text = body.type === "text" || (body.type === "file" && body.file.waveform === null);
  const copy = body.type === "text" || (body.type === "file" && body.text !== "");
  // Others can only be told of what they have.
  const there = delivery !== "sending" && delivery !== "failed";
  return { react: said && there, reply: said && there, edit: text && may_edit, copy, forward: may_forward && there, save: said && there, remove: may_delete };
}
