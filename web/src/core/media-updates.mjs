/**
 * `client_core::api::MediaUpdate` as the core encodes it: the number of the format, and postcard, which is the fields in
 * their order, numbers as varints, and lengths before what varies. For the hub, which ends a tab's media by itself, and
 * for tests and benches, which give keys of their own.
 */

/** As `MediaUpdate::FORMAT`. */
const FORMAT = 2;

/** Places of the variants. */
const EPOCH = 0;
const SEND_WITH = 1;
const EXPECT = 2;
const END = 3;
const HOLD = 4;

/** LEB128, as far as numbers of JavaScript go. */
function varint(number) {
  const bytes = [];
  let rest = number;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return [...bytes, rest];
}

function list(items, encode) {
  return [...varint(items.length), ...items.flatMap(encode)];
}

function uuid(text) {
  const bytes = text.replaceAll("-", "").match(/../gu).map((pair) => Number.parseInt(pair, 16));
  return list(bytes, (byte) => byte);
}

const KINDS = ["microphone", "camera", "screen"];

/** A new epoch; `baseKey` are 32 bytes. */
export function epoch({ callId, generation, epoch, ownLeaf, members, baseKey, retireAfterMs }) {
  return Uint8Array.of(
    FORMAT,
    EPOCH,
    ...uuid(callId),
    ...varint(generation),
    ...varint(epoch),
    ...varint(ownLeaf),
    ...list(members, varint),
    ...baseKey,
    ...varint(retireAfterMs),
  );
}

/** To send with this epoch. */
export function sendWith(epoch) {
  return Uint8Array.of(FORMAT, SEND_WITH, ...varint(epoch));
}

/** What each slot may carry; `slots` are of `{ mid, leaf, kind }`. */
export function expect(slots) {
  const text = (value) => list([...new TextEncoder().encode(value)], (byte) => byte);
  const slot = ({ mid, leaf, kind }) => [...text(mid), ...varint(leaf), ...varint(KINDS.indexOf(kind))];
  return Uint8Array.of(FORMAT, EXPECT, ...list(slots, slot));
}

/** To forget all keys. */
export function end() {
  return Uint8Array.of(FORMAT, END);
}

/** To seal nothing until it is said with what. */
export function hold() {
  return Uint8Array.of(FORMAT, HOLD);
}

/** Whether an encoded update is `end`. */
export function isEnd(update) {
  return update[1] === END;
}
