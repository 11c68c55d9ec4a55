/**
 * `client_core::api::MediaUpdate` as the core would encode it: postcard, which is the fields in their order, numbers as
 * varints, and lengths before what varies. For tests and benches, which give keys of their own.
 */

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
  return Uint8Array.from([
    ...varint(0),
    ...uuid(callId),
    ...varint(generation),
    ...varint(epoch),
    ...varint(ownLeaf),
    ...list(members, varint),
    ...baseKey,
    ...varint(retireAfterMs),
  ]);
}

/** To send with this epoch. */
export function sendWith(epoch) {
  return Uint8Array.from([...varint(1), ...varint(epoch)]);
}

/** What each slot may carry; `slots` are of `{ mid, leaf, kind }`. */
export function expect(slots) {
  const text = (value) => list([...new TextEncoder().encode(value)], (byte) => byte);
  const slot = ({ mid, leaf, kind }) => [...text(mid), ...varint(leaf), ...varint(KINDS.indexOf(kind))];
  return Uint8Array.from([...varint(2), ...list(slots, slot)]);
}

const END = 3;

/** To forget all keys. */
export function end() {
  return Uint8Array.of(END);
}

/** Whether an encoded update is `end`. */
export function isEnd(update) {
  return update[0] === END;
}
