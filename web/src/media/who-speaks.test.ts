import { expect, test } from "vitest";
import { Ears, WhoSpeaks } from "./who-speaks";

const heard = (energy: number, seconds: number, track = "a") => ({ type: "inbound-rtp", kind: "audio", trackIdentifier: track, totalAudioEnergy: energy, totalSamplesDuration: seconds });

const voices = (...loudness: number[]) => loudness.map((each, leaf) => ({ leaf, loudness: each }));

test("the speaker changes to the clearly louder, and ends in quiet", () => {
  const who = new WhoSpeaks();
  expect(who.judge(0, voices(0.0001, 0))).toBeNull();
  expect(who.judge(300, voices(0.1, 0))).toBe(0);
  expect(who.judge(600, voices(0.1, 0.5))).toBe(0);
  expect(who.judge(900, voices(0.1, 0.12))).toBe(0);
  expect(who.judge(1_200, voices(0.1, 0.5))).toBe(1);
  expect(who.judge(2_400, voices(0, 0))).toBe(1);
  expect(who.judge(3_200, voices(0, 0))).toBeNull();
});

test("who left is not marked any more", () => {
  const who = new WhoSpeaks();
  expect(who.judge(0, voices(0.1, 0.2))).toBe(1);
  expect(who.judge(100, voices(0.1))).toBe(0);
  expect(who.judge(200, [])).toBeNull();
});

test("loudness is that of what was decoded since the last look", () => {
  const ears = new Ears();
  expect([...ears.listen([heard(1, 10)])]).toEqual([]);
  expect([...ears.listen([heard(1.02, 12), heard(5, 5, "b"), { type: "inbound-rtp", kind: "video" }])]).toEqual([["a", expect.closeTo(0.1)]]);
  expect([...ears.listen([heard(1.02, 12)])]).toEqual([]);
});
