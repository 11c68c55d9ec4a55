/**
 * Redundant sound (RFC 2198): each packet repeats what the packets before it held. Each block is sealed by itself, once, so
 * that the server can take packets apart and put them together for others without opening anything.
 *
 * ```text
 *   1 │ type │ time before │ length │ 1 │ … │ 0 │ type │ block │ … │ newest block
 *   1 │  7   │      14     │   10   │   │   │ 1 │  7   │        bits
 * ```
 */

/** A block of sound. */
export interface Block {
  readonly type: number;
  /** How long before the newest block, in units of the clock; 0 of the newest itself. */
  readonly before: number;
  readonly bytes: Uint8Array;
}

const MORE = 0x80;
const HEADER_LEN = 4;
const MOST_BEFORE = 0x3fff;
const MOST_BYTES = 0x3ff;

/** More blocks than any packet holds that we or a browser makes; a packet with more is refused. */
const MOST_BLOCKS = 32;

/** The blocks of a packet, the newest last; nothing where it cannot be read. */
export function takeApart(packet: Uint8Array): Block[] | null {
  const headers: { type: number; before: number; length: number }[] = [];
  let at = 0;
  for (;;) {
    const [first, second, third, fourth] = packet.subarray(at, at + HEADER_LEN);
    if (first === undefined || headers.length >= MOST_BLOCKS) return null;
    const type = first & ~MORE;
    if ((first & MORE) === 0) {
      headers.push({ type, before: 0, length: Infinity });
      at += 1;
      break;
    }
    if (second === undefined || third === undefined || fourth === undefined) return null;
    headers.push({ type, before: (second << 6) | (third >> 2), length: ((third & 3) << 8) | fourth });
    at += HEADER_LEN;
  }
  const blocks: Block[] = [];
  for (const { type, before, length } of headers) {
    if (length !== Infinity && at + length > packet.length) return null;
    const end = Math.min(at + length, packet.length);
    blocks.push({ type, before, bytes: packet.subarray(at, end) });
    at = end;
  }
  return blocks;
}

/** A packet of these blocks, the newest last. What does not fit into the form is left out, but for the newest. */
export function putTogether(blocks: readonly Block[]): Uint8Array {
  const newest = blocks.at(-1);
  if (!newest) return new Uint8Array();
  const repeated = blocks.slice(0, -1).filter(({ before, bytes }) => before <= MOST_BEFORE && bytes.length <= MOST_BYTES);
  const sound = [...repeated, newest];
  const packet = new Uint8Array(HEADER_LEN * repeated.length + 1 + sound.reduce((sum, { bytes }) => sum + bytes.length, 0));
  let at = 0;
  for (const { type, before, bytes } of repeated) {
    packet.set([MORE | type, before >> 6, ((before & 0x3f) << 2) | (bytes.length >> 8), bytes.length & 0xff], at);
    at += HEADER_LEN;
  }
  packet[at] = newest.type;
  at += 1;
  for (const { bytes } of sound) {
    packet.set(bytes, at);
    at += bytes.length;
  }
  return packet;
}

/** As the server: more would cost more than it repairs. */
export const MOST_REPEATED = 4;

/** Sealed blocks that went out last, to be repeated. */
export class Repeats {
  /** How many are repeated in each packet. */
  depth = 0;
  private readonly sent: { readonly time: number; readonly bytes: Uint8Array }[] = [];

  /** A packet with this block, at this time of the stream's clock, behind those that are repeated. */
  packet(type: number, time: number, bytes: Uint8Array): Uint8Array {
    const from = Math.max(0, this.sent.length - this.depth);
    const repeated = this.sent.slice(from).map((each) => ({ type, before: (time - each.time) >>> 0, bytes: each.bytes }));
    this.sent.push({ time, bytes });
    if (this.sent.length > MOST_REPEATED) this.sent.shift();
    return putTogether([...repeated, { type, before: 0, bytes }]);
  }
}
