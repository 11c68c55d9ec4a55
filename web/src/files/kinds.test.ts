import { expect, test } from "vitest";
import { base64url, fromBase64url } from "./base64url";
import { MAX_DOCUMENT_LEN, MAX_SHOWN_LEN, plainName, plainType, safeType, shownAs } from "./kinds";

test("only what browsers decode without running anything is shown", () => {
  expect(shownAs("image/png", 10)).toBe("picture");
  expect(shownAs("video/webm", 10)).toBe("video");
  expect(shownAs("audio/ogg", 10)).toBe("sound");
  for (const type of ["image/svg+xml", "text/html", "application/xhtml+xml", "text/xml", "application/javascript", ""]) {
    expect(shownAs(type, 10), type).toBe("nothing");
    expect(safeType(type), type).toBe("application/octet-stream");
  }
  // Drawn by ourselves: no browser gets to know what it is.
  expect(shownAs("application/pdf", MAX_DOCUMENT_LEN)).toBe("document");
  expect(shownAs("application/pdf", MAX_DOCUMENT_LEN + 1)).toBe("nothing");
  expect(safeType("application/pdf")).toBe("application/octet-stream");
  expect(safeType("image/png")).toBe("image/png");
  expect(shownAs("image/png", MAX_SHOWN_LEN + 1)).toBe("nothing");
});

test("a media type is one that a message can carry", () => {
  expect(plainType("Audio/WebM; codecs=opus")).toBe("audio/webm");
  for (const type of ["", "png", "image/", "a b/c", `x/${"y".repeat(200)}`]) expect(plainType(type)).toBe("application/octet-stream");
});

const name = (text: string): string => plainName(text, "File");

test("a name is one that a message can carry, and shows what the file is", () => {
  expect(name("Übersicht Mai.pdf")).toBe("Übersicht Mai.pdf");
  expect(name("../../etc/passwd")).toBe(".._.._etc_passwd");
  expect(name("invoice_\u202efdp.exe")).toBe("invoice__fdp.exe");
  expect(name(" a\nb ")).toBe("a_b");
  for (const nothing of ["", "  ", ".", ".."]) expect(name(nothing)).toBe("File");
  const long = name(`${"ü".repeat(300)}.jpeg`);
  expect(new TextEncoder().encode(long).length).toBeLessThanOrEqual(255);
  expect(long.endsWith("ü.jpeg")).toBe(true);
  expect(new TextEncoder().encode(name("😀".repeat(100))).length).toBe(252);
});

test("base64url is what the server reads", () => {
  const bytes = Uint8Array.of(0xfb, 0xff, 0, 1);
  expect(base64url(bytes)).toBe("-_8AAQ");
  expect(fromBase64url("-_8AAQ")).toEqual(bytes);
  for (const bad of ["+/8AAQ", "-_8AAQ==", "a"]) expect(fromBase64url(bad)).toBeNull();
});

test("what does not show is made to, and what joins is left", () => {
  for (const hidden of ["\u200b", "\u061c", "\u2060", "\u202e", "\ufeff", "\u00ad", "\u3164", "\ud800", "\u{e0041}"]) expect(name(`a${hidden}b.pdf`), String(hidden.codePointAt(0))).toBe("a_b.pdf");
  expect(name("re\u200dport.pdf")).toBe("re_port.pdf");
  expect(name("a\ufe0f.pdf")).toBe("a_.pdf");
  expect(name("é\u200d\u200da")).toBe("é__a");
  expect(name("\u200da")).toBe("_a");
  for (const good of ["👨\u200d👩\u200d👧.png", "❤\ufe0f.png", "می\u200cخواهم.txt"]) expect(name(good)).toBe(good);
});
