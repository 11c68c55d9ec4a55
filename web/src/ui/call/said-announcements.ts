import { useEffect } from "react";
import type { CallMessageView } from "../../core/generated/CallMessageView";
import type { Reaction } from "../../core/generated/Reaction";
import { listText } from "../../i18n/format";
import type { Translate } from "../../i18n/translate";
import { useApp } from "../app/context";
import { GATHER_MS } from "./effects";

/** Of a message so much is read out; the rest is in the panel. */
const SPOKEN_LEN = 120;

/** More messages at once are counted instead. */
const SPOKEN_MESSAGES = 2;

/** Says to screen readers what is written while the chat is closed, and how people react, batched. */
export function useSaidAnnouncements(): void {
  const { client } = useApp();
  useEffect(() => {
    let messages: CallMessageView[] = [];
    let reactions: [leaf: number, reaction: Reaction][] = [];
    let timer: ReturnType<typeof setTimeout> | null = null;
    const tell = (): void => {
      timer = null;
      const [written, given] = [messages, reactions];
      [messages, reactions] = [[], []];
      client.board.announce((t) => [...writtenTexts(t, written), ...givenTexts(t, given, nameOf)].join(" "));
    };
    const soon = (): void => {
      timer ??= setTimeout(tell, GATHER_MS);
    };
    const nameOf = (leaf: number): string =>
      client.call.get()?.participants.find((participant) => participant.leaf === leaf && !participant.this_device)?.person.name ?? "";
    const ends = [
      client.callChat.onMessage((message) => {
        // In the open panel the log itself is read out.
        if (client.callChat.view.get().open || !client.preferences.view.get().announce.chat) return;
        messages.push(message);
        soon();
      }),
      client.reactions.onReaction((leaf, reaction) => {
        if (nameOf(leaf) === "" || !client.preferences.view.get().announce.reactions) return;
        reactions.push([leaf, reaction]);
        soon();
      }),
    ];
    return () => {
      if (timer) clearTimeout(timer);
      for (const end of ends) end();
    };
  }, [client]);
}

function writtenTexts(t: Translate, messages: readonly CallMessageView[]): string[] {
  if (messages.length > SPOKEN_MESSAGES) return [t("announce.wrote_many", { count: messages.length })];
  return messages.map(({ person, text }) => t("announce.wrote", { name: person.name, text: bounded(text) }));
}

function givenTexts(t: Translate, given: readonly [number, Reaction][], nameOf: (leaf: number) => string): string[] {
  const names = new Map<Reaction, Set<string>>();
  for (const [leaf, reaction] of given) names.set(reaction, (names.get(reaction) ?? new Set()).add(nameOf(leaf)));
  return [...names].map(([reaction, who]) => t("announce.reacted", { names: listText(t.locale, [...who]), reaction: t(`reaction.${reaction}`) }));
}

function bounded(text: string): string {
  const characters = Array.from(text);
  return characters.length > SPOKEN_LEN ? `${characters.slice(0, SPOKEN_LEN).join("")}…` : text;
}
