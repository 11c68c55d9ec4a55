import type { MentionView } from "../core/generated/MentionView";
import type { PersonCard } from "../core/generated/PersonCard";
import { isWordCharacter } from "./markup/inline";

/** As many as a message may name apart (`client-core/src/limits.rs`). More is everybody. */
export const MAX_MENTIONS = 64;

/** Members offered at once; more is a directory, not a suggestion. */
export const MAX_OFFERED = 6;

/** A longer beginning of a name than this is a sentence behind an `@`. */
const MAX_QUERY_LEN = 40;

/** A name that is being typed: from the `@` on. */
export interface Naming {
  readonly start: number;
  readonly query: string;
}

/** What stands between an `@` and the caret, where that may become a name. */
export function namingAt(text: string, caret: number): Naming | null {
  const start = caret === 0 ? -1 : text.lastIndexOf("@", caret - 1);
  if (start < 0 || caret - start > MAX_QUERY_LEN || isWordCharacter(text[start - 1])) return null;
  const query = text.slice(start + 1, caret);
  return /^\s|\n/.test(query) ? null : { start, query };
}

/** Members whom one may mean, best first: names that begin so, then names and addresses with a word that does. */
export function membersFor(query: string, members: readonly PersonCard[]): PersonCard[] {
  const typed = query.toLocaleLowerCase();
  const rank = ({ name, email }: PersonCard): number => {
    const lower = name.toLocaleLowerCase();
    if (lower.startsWith(typed)) return 0;
    if (lower.split(/\s+/).some((word) => word.startsWith(typed))) return 1;
    return email.startsWith(typed) ? 2 : 3;
  };
  return members
    .filter((member) => member.trust !== "own" && rank(member) < 3)
    .toSorted((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name))
    .slice(0, MAX_OFFERED);
}

/** The text with a name in place of what was typed of it, and where the caret stands then. */
export function withName(text: string, { start, query }: Naming, name: string): { readonly text: string; readonly caret: number } {
  const before = `${text.slice(0, start)}@${name}`;
  const after = text.slice(start + 1 + query.length);
  const gap = /^[\s.,;:!?)]/.test(after) ? "" : " ";
  return { text: before + gap + after, caret: before.length + gap.length };
}

/**
 * Members whom a text names. Where several have the same name, those who were chosen from the list are meant, or else
 * all of them.
 */
export function namedIn(text: string, members: readonly PersonCard[], chosen: ReadonlySet<string>): string[] {
  const others = members.filter((member) => member.trust !== "own" && member.name !== "");
  const meant = new Set(placesOf(text, others).map(({ who }) => who.name));
  const named = others.filter(({ name }) => meant.has(name));
  const isMeant = ({ user_id, name }: PersonCard): boolean => {
    const namesakes = named.filter((other) => other.name === name);
    return !namesakes.some((other) => chosen.has(other.user_id)) || chosen.has(user_id);
  };
  return named.filter(isMeant).map(({ user_id }) => user_id).slice(0, MAX_MENTIONS);
}

/** A text in pieces: plain ones, and the names of whom it names. */
export function splitAtNames(text: string, mentions: readonly MentionView[]): readonly (string | MentionView)[] {
  const pieces: (string | MentionView)[] = [];
  let from = 0;
  for (const { at, who } of placesOf(text, mentions)) {
    if (at > from) pieces.push(text.slice(from, at));
    pieces.push(who);
    from = at + 1 + who.name.length;
  }
  if (from < text.length) pieces.push(text.slice(from));
  return pieces;
}

interface Place<Who> {
  /** Where the `@` is. */
  readonly at: number;
  readonly who: Who;
}

/** Where names stand behind an `@`. Of two that fit, the longer one is meant; a longer word is none of them. */
function placesOf<Who extends { readonly name: string }>(text: string, people: readonly Who[]): Place<Who>[] {
  const longestFirst = people.filter(({ name }) => name !== "").toSorted((a, b) => b.name.length - a.name.length);
  if (longestFirst.length === 0) return [];
  const places: Place<Who>[] = [];
  let at = text.indexOf("@");
  while (at >= 0) {
    const here = at;
    const fits = ({ name }: Who): boolean => text.startsWith(name, here + 1) && !isWordCharacter(text[here + 1 + name.length]);
    const who = isWordCharacter(text[here - 1]) ? undefined : longestFirst.find(fits);
    if (who) places.push({ at, who });
    at = text.indexOf("@", at + 1 + (who?.name.length ?? 0));
  }
  return places;
}
