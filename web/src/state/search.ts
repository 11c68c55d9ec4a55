import type { PersonCard } from "../core/generated/PersonCard";
import type { RoomView } from "../core/generated/RoomView";

/** People offered at once; who is looked for comes first soon enough. */
const MAX_PEOPLE = 10;

/** The words of a query, in the form in which they are compared. */
function wordsOf(query: string): string[] {
  return query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
}

function hasAll(text: string, query: string): boolean {
  const lower = text.toLowerCase();
  return wordsOf(query).every((word) => lower.includes(word));
}

/** Rooms whose titles have all words of the query. */
export function roomsThatMatch(rooms: readonly RoomView[], titleOf: (room: RoomView) => string, query: string): RoomView[] {
  return rooms.filter((room) => hasAll(titleOf(room), query));
}

/** Everybody with whom one shares a room, once, by name. */
export function peopleOf(rooms: readonly RoomView[]): PersonCard[] {
  const people = new Map<string, PersonCard>();
  for (const person of rooms.flatMap((room) => room.members)) if (person.trust !== "own") people.set(person.user_id, person);
  return [...people.values()].toSorted((a, b) => a.name.localeCompare(b.name));
}

/** People whose names or addresses have all words of the query. */
export function peopleThatMatch(people: readonly PersonCard[], query: string): PersonCard[] {
  return people.filter((person) => hasAll(`${person.name} ${person.email}`, query)).slice(0, MAX_PEOPLE);
}

/** A piece of a text, and whether it is what was looked for. */
export interface MarkedPart {
  readonly text: string;
  readonly found: boolean;
  /** Which of the text's pieces it is. */
  readonly place: number;
}

/** A text in pieces, those that were looked for apart. */
export function markedParts(text: string, query: string): MarkedPart[] {
  const words = wordsOf(query).map((word) => word.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`));
  if (words.length === 0) return [{ text, found: false, place: 0 }];
  // The longest first: of two words of which one begins the other, the whole is marked.
  const pattern = new RegExp(`(${words.toSorted((a, b) => b.length - a.length).join("|")})`, "giu");
  return text
    .split(pattern)
    .map((part, at) => ({ text: part, found: at % 2 === 1, place: at }))
    .filter((part) => part.text !== "");
}
