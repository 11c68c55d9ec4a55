// Files to send: pictures that browsers show, and bytes that nothing shows.
import { createHash } from "node:crypto";
import { crc32, deflateSync } from "node:zlib";

// A PNG of one colour, with a stripe of another.
export function png(width, height, [red, green, blue]) {
  const rows = Buffer.alloc((width * 3 + 1) * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const stripe = Math.abs(x - y) < width / 8;
      rows.set(stripe ? [255, 255, 255] : [red, green, blue], y * (width * 3 + 1) + 1 + x * 3);
    }
  }
  const size = Buffer.alloc(13);
  size.writeUInt32BE(width, 0);
  size.writeUInt32BE(height, 4);
  size.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk("IHDR", size), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type), data]);
  const out = Buffer.alloc(8 + body.length);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), 4 + body.length);
  return out;
}

// So many bytes that no compression shortens, the same for the same seed.
export function noise(length, seed) {
  const bytes = Buffer.alloc(length);
  let state = seed >>> 0;
  for (let at = 0; at < length; at += 4) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes.writeUInt32LE((state ^ (state >>> 15)) >>> 0, Math.min(at, length - 4));
  }
  return bytes;
}

export const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
