import type { MentionView } from "../core/generated/MentionView";
import type { MessageView } from "../core/generated/MessageView";
import type { PersonCard } from "../core/generated/PersonCard";
import type { ReactionView } from "../core/generated/ReactionView";
import type { Command } from "../state/core";
import { alice, deleted } from "./fake-data";

type Act = Extract<Command, { type: "edit_message" | "react_to_message" | "delete_message" }>;

/** A message after what was done to it. */
export function actOn(message: MessageView, act: Act, members: readonly PersonCard[]): MessageView {
  switch (act.type) {
    case "edit_message":
      return { ...message, body: message.body.type === "file" ? { ...message.body, text: act.text } : { type: "text", text: act.text }, mentions: mentionsOf(act.mentions, members), edited: true };
    case "react_to_message":
      return { ...message, reactions: reacted(message.reactions, act.emoji, act.on) };
    case "delete_message":
      return deleted(message);
  }
}

/** Whom ids name. */
export function mentionsOf(ids: readonly string[], members: readonly PersonCard[]): MentionView[] {
  return members.filter(({ user_id }) => ids.includes(user_id)).map(({ user_id, name, trust }) => ({ user_id, name, me: trust === "own" }));
}

function reacted(reactions: readonly ReactionView[], emoji: string, on: boolean): ReactionView[] {
  const before = reactions.find((each) => each.emoji === emoji) ?? { emoji, names: [], mine: false };
  const others = before.names.filter((name) => name !== alice.name);
  const after = { emoji, names: on ? [...others, alice.name] : others, mine: on };
  const known = reactions.some((each) => each.emoji === emoji);
  const all = known ? reactions.map((each) => (each.emoji === emoji ? after : each)) : [...reactions, after];
  return all.filter(({ names }) => names.length > 0);
}
