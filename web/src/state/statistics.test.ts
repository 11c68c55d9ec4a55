import { expect, test } from "vitest";
import { statisticsOf, type Reading, type Report } from "./statistics";

const pair = (change: Partial<Report> = {}): Report => ({
  id: "pair",
  type: "candidate-pair",
  nominated: true,
  state: "succeeded",
  localCandidateId: "local",
  currentRoundTripTime: 0.04,
  availableOutgoingBitrate: 2_400_000,
  bytesSent: 0,
  bytesReceived: 0,
  ...change,
});
const local = (change: Partial<Report> = {}): Report => ({ id: "local", type: "local-candidate", protocol: "udp", candidateType: "host", ...change });
const codec = { id: "vp8", type: "codec", mimeType: "video/VP8" };
const layer = (rid: string, height: number, bytesSent: number, framesPerSecond = 30): Report => ({
  id: rid,
  type: "outbound-rtp",
  mid: "1",
  codecId: "vp8",
  frameWidth: (height * 16) / 9,
  frameHeight: height,
  framesPerSecond,
  qualityLimitationReason: "bandwidth",
  bytesSent,
});
const voice = (packetsReceived: number, packetsLost: number): Report => ({
  id: "voice",
  type: "inbound-rtp",
  mid: "0",
  bytesReceived: packetsReceived * 100,
  packetsReceived,
  packetsLost,
  jitter: 0.012,
});

function reading(at: number, publish: Report[], subscribe: Report[], paused = false): Reading {
  return {
    at,
    publish,
    subscribe,
    lanes: [{ mid: "1", kind: "camera" }],
    slots: [{ mid: "0", leaf: 4, kind: "microphone", paused }],
  };
}

test("two readings make rates, and the layers of a picture one track", () => {
  const before = reading(1_000, [pair(), local(), codec, layer("low", 180, 0), layer("high", 720, 0)], [pair(), voice(0, 0)]);
  const now = reading(
    3_000,
    [pair({ bytesSent: 500_000 }), local(), codec, layer("low", 180, 50_000), layer("high", 720, 400_000)],
    [pair({ bytesReceived: 250_000 }), voice(100, 0)],
  );
  const { up, down, roundTripMs, estimateUp, way, sent, received, jitterMs } = statisticsOf(before, now);
  expect({ up, down, roundTripMs, estimateUp, way, jitterMs }).toEqual({ up: 2_000_000, down: 1_000_000, roundTripMs: 40, estimateUp: 2_400_000, way: "udp", jitterMs: 12 });
  expect(sent).toEqual([
    { kind: "camera", leaf: null, codec: "VP8", bitrate: 1_800_000, width: 1280, height: 720, framesPerSecond: 30, loss: null, jitterMs: null, limitation: "bandwidth", paused: false },
  ]);
  expect(received.map(({ leaf, kind, bitrate }) => [leaf, kind, bitrate])).toEqual([[4, "microphone", 40_000]]);
});

test("what is not sent is no track, and a layer that stands still is not its size", () => {
  const still = reading(1_000, [layer("low", 180, 9), layer("high", 720, 9)], []);
  expect(statisticsOf(still, { ...still, at: 3_000 }).sent).toEqual([]);
  const low = reading(3_000, [layer("low", 180, 5_009), layer("high", 720, 9, 0)], []);
  expect(statisticsOf(still, low).sent[0]?.height).toBe(180);
});

test("the quality of each participant goes by what was lost since the reading before", () => {
  const at = (lost: number, paused = false) => statisticsOf(reading(0, [], [voice(1_000, 500)]), reading(2_000, [], [voice(1_100, 500 + lost)], paused));
  expect([0, 4, 30].map((lost) => at(lost).people.get(4))).toEqual(["good", "fair", "poor"]);
  expect(at(30).quality).toBe("poor");
  expect(at(0, true).people.get(4)).toBe("fair");
  // Few packets say nothing, and what came late takes from the lost.
  expect(statisticsOf(reading(0, [], [voice(0, 0)]), reading(2_000, [], [voice(4, 4)])).lossDown).toBeNull();
  expect(statisticsOf(reading(0, [], [voice(0, 9)]), reading(2_000, [], [voice(100, 5)])).lossDown).toBe(0);
});

test("a long way is as bad as a leaking one, and the way itself is named", () => {
  const far = (seconds: number) => statisticsOf(null, reading(0, [pair({ currentRoundTripTime: seconds }), local()], []));
  expect([0.1, 0.4, 0.9].map((seconds) => far(seconds).quality)).toEqual(["good", "fair", "poor"]);
  const by = (change: Partial<Report>) => statisticsOf(null, reading(0, [pair(), local(change)], [])).way;
  expect([by({}), by({ protocol: "tcp" }), by({ candidateType: "relay" })]).toEqual(["udp", "tcp", "relay"]);
  expect(statisticsOf(null, reading(0, [], [])).way).toBeNull();
});
