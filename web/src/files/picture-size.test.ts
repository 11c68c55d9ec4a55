import { expect, test } from "vitest";
import { sizeOf } from "./picture-size";

const ascii = (text: string): number[] => Array.from(text, (letter) => letter.codePointAt(0) ?? 0);
const webp = (kind: string, ...rest: number[]) => new Uint8Array([...ascii("RIFF"), 0, 0, 0, 0, ...ascii(`WEBP${kind}`), 0, 0, 0, 0, ...rest]);

test("a picture says how large it is, by each of its forms", () => {
  expect(sizeOf(webp("VP8 ", 0, 0, 0, 0x9d, 0x01, 0x2a, 128, 0, 96, 0))).toEqual({ width: 128, height: 96 });
  expect(sizeOf(webp("VP8L", 0x2f, 127, 0xc0, 0x17, 0))).toEqual({ width: 128, height: 96 });
  expect(sizeOf(webp("VP8X", 0, 0, 0, 0, 127, 0, 0, 95, 0, 0))).toEqual({ width: 128, height: 96 });
  // An application segment stands before the head of the frame.
  const jpeg = [0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xc2, 0, 17, 8, 0, 96, 0, 128, 3];
  expect(sizeOf(new Uint8Array(jpeg))).toEqual({ width: 128, height: 96 });
});

test("what moves, is cut off, or is something else has no size", () => {
  expect(sizeOf(webp("VP8X", 0x02, 0, 0, 0, 127, 0, 0, 95, 0, 0))).toBeNull();
  for (const wrong of [[], [0xff, 0xd8], [0xff, 0xd8, 0xff, 0xe0, 0, 0], [0xff, 0xd8, 1, 2, 3, 4], ascii("RIFF____WEBPVP8L"), ascii("<svg xmlns=…>")]) {
    expect(sizeOf(new Uint8Array(wrong))).toBeNull();
  }
  expect(sizeOf(webp("ANIM", 0, 0, 0, 0))).toBeNull();
});
