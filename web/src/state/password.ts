/** How hard a password is to guess. */
export type Strength = "empty" | "weak" | "fair" | "good" | "strong";

/** Shortest password, as in the core. How hard it is to guess is judged beside it. */
export const MIN_PASSWORD_LENGTH = 10;

/** Bits from which a password counts as fair, good, strong. */
const FAIR_BITS = 45;
const GOOD_BITS = 60;
const STRONG_BITS = 80;

/** Judgement of a password as it is typed (R13). */
export interface PasswordReport {
  readonly strength: Strength;
  readonly longEnough: boolean;
  /** Long enough and not weak: may be used. */
  readonly acceptable: boolean;
}

/** Parts that guessers try first, and that are worth little therefore. */
const COMMON = [
  "password", "passwort", "passw0rd", "letmein", "welcome", "qwerty", "qwertz", "azerty", "asdfgh", "iloveyou",
  "admin", "monkey", "dragon", "football", "baseball", "sunshine", "princess", "master", "shadow", "superman",
  "trustno1", "login", "secret", "conclave", "summer", "winter", "spring", "autumn", "abc123", "changeme",
];

/** Judges `password`; `context` is what an attacker knows of the person (name, e-mail). */
export function judgePassword(password: string, context: readonly string[]): PasswordReport {
  const longEnough = Array.from(password).length >= MIN_PASSWORD_LENGTH;
  const bits = guessBits(password, context);
  const strength = strengthOf(password, bits, longEnough);
  return { strength, longEnough, acceptable: longEnough && strength !== "weak" };
}

function strengthOf(password: string, bits: number, longEnough: boolean): Strength {
  if (password === "") return "empty";
  if (!longEnough || bits < FAIR_BITS) return "weak";
  if (bits < GOOD_BITS) return "fair";
  return bits < STRONG_BITS ? "good" : "strong";
}

/** Rough bits of a guesser who knows common parts, runs and repetitions. */
function guessBits(password: string, context: readonly string[]): number {
  let rest = password.toLowerCase();
  let bits = 0;
  for (const part of [...COMMON, ...contextParts(context)]) {
    while (rest.includes(part)) {
      rest = rest.replace(part, "\u0000");
      bits += 6;
    }
  }
  const unknown = Array.from(rest).filter((character) => character !== "\u0000");
  return bits + surprising(unknown) * Math.log2(poolOf(password));
}

function contextParts(context: readonly string[]): string[] {
  return context
    .flatMap((text) => text.toLowerCase().split(/[^\p{L}\p{N}]+/u))
    .filter((part) => part.length >= 4);
}

/** Number of characters that do not follow from the two before them. */
function surprising(characters: readonly string[]): number {
  let count = 0;
  for (const [index, character] of characters.entries()) {
    const code = character.codePointAt(0) ?? 0;
    const before = characters[index - 1]?.codePointAt(0);
    const earlier = characters[index - 2]?.codePointAt(0);
    const step = before === undefined ? null : code - before;
    const follows = step !== null && Math.abs(step) <= 1 && (earlier === undefined || (before ?? 0) - earlier === step);
    // A character seen before tells a little less than a new one.
    const repeated = characters.indexOf(character) < index;
    count += follows ? 0.2 : repeated ? 0.75 : 1;
  }
  return count;
}

/** Size of the alphabet that the characters come from. */
function poolOf(text: string): number {
  let pool = 0;
  if (/\p{Ll}/u.test(text)) pool += 26;
  if (/\p{Lu}/u.test(text)) pool += 26;
  if (/\p{N}/u.test(text)) pool += 10;
  if (/[^\p{L}\p{N}]/u.test(text)) pool += 20;
  return Math.max(pool, 2);
}
