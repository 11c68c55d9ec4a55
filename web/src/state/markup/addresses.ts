/** An address in a text: where it ends, and where it leads. */
export interface Address {
  readonly end: number;
  readonly href: string;
}

/** Whatever else a link may begin with does something here, in place of leading elsewhere. */
const PROTOCOLS = new Set(["http:", "https:", "mailto:"]);

/** Longer than browsers and servers take. Beyond: plain text. */
const MAX_ADDRESS_LEN = 2_048;

// As far as one character beyond, so that what is too long is not cut, but no link.
const WEB = /(?:https?:\/\/|www\.)(?:[^\s<>"\]]|\](?!\()){1,2041}/iy;
const EMAIL = /[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}/y;

/** What ends a sentence, a bracket or a mark around the address rather than the address itself. */
const TAIL = new Set(".,;:!?'\"*_~)]}>");

/** A web or e-mail address that begins at `start`, which has to be where a word begins. */
export function addressAt(text: string, start: number): Address | null {
  const web = matchAt(WEB, text, start);
  if (web !== null) {
    const address = withoutTail(web);
    const href = safeHref(/^www\./i.test(address) ? `https://${address}` : address);
    return href === null ? null : { end: start + address.length, href };
  }
  const email = matchAt(EMAIL, text, start)?.replace(/[-_]+$/, "");
  const href = email === undefined ? null : safeHref(`mailto:${email}`);
  return href === null || email === undefined ? null : { end: start + email.length, href };
}

/**
 * The address as it may stand in a link, or null. Nothing that runs a program, nothing that hides where it leads: no
 * name before an `@` (`https://bank.example@elsewhere.example`), no characters that cannot be seen.
 */
export function safeHref(text: string): string | null {
  if (text.length > MAX_ADDRESS_LEN || /[\p{Cc}\p{Cf}\s]/u.test(text) || !URL.canParse(text)) return null;
  const url = new URL(text);
  if (!PROTOCOLS.has(url.protocol)) return null;
  if (url.protocol === "mailto:") return url.pathname.includes("@") ? url.href : null;
  return url.hostname !== "" && url.username === "" && url.password === "" ? url.href : null;
}

/** Whether a text looks as if it was an address itself. */
export function looksLikeAddress(text: string): boolean {
  // What only looks like a dot or a letter, and what is not seen at all, is taken for what it is meant to look like.
  const seen = text.normalize("NFKC").replaceAll(/[\p{Cf}\p{Mn}]/gu, "").replaceAll(/[\u3002\uFF61]/gu, ".");
  return /:\/\/|@|[\p{L}\p{N}-]\.[\p{L}\p{N}]/u.test(seen);
}

function matchAt(pattern: RegExp, text: string, start: number): string | null {
  pattern.lastIndex = start;
  return pattern.exec(text)?.[0] ?? null;
}

/** A closing bracket belongs to the address where it closes one that is opened in it. */
function withoutTail(address: string): string {
  let open = 0;
  for (const character of address) open += character === "(" ? 1 : character === ")" ? -1 : 0;
  let end = address.length;
  for (; end > 0; end -= 1) {
    const last = address[end - 1] ?? "";
    if (!TAIL.has(last) || (last === ")" && open >= 0)) break;
    if (last === ")") open += 1;
  }
  return address.slice(0, end);
}
