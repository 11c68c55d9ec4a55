import { expect, test } from "vitest";
import { Devices, type Memory } from "./devices";

function memory(kept: string | null = null): Memory {
  let value = kept;
  return { getItem: () => value, setItem: (_, text) => void (value = text) };
}

test("choices are remembered", () => {
  const kept = memory();
  new Devices(kept).choose("camera", "abc");
  expect(new Devices(kept).chosen).toEqual({ microphone: "", camera: "abc", speaker: "" });
});

test.each(["not json", "[]", "null", '{"camera": 7}'])("what was kept as %s does no harm", (text) => {
  expect(new Devices(memory(text)).chosen.camera).toBe("");
});
