import { expect, test } from "vitest";
import { decoded } from "./subscribe";

test("what came is told by track: pictures by frames, sound by packets", () => {
  const report = new Map<string, object>([
    ["1", { type: "inbound-rtp", kind: "video", trackIdentifier: "a", framesReceived: 7, packetsReceived: 90 }],
    ["2", { type: "inbound-rtp", kind: "audio", trackIdentifier: "b", packetsReceived: 50 }],
    ["3", { type: "outbound-rtp", kind: "audio", trackIdentifier: "b", packetsReceived: 1 }],
    ["4", { type: "inbound-rtp", kind: "video", trackIdentifier: "c" }],
    // A slot that got another stream in between.
    ["5", { type: "inbound-rtp", kind: "video", trackIdentifier: "a", framesReceived: 3 }],
    ["6", { type: "codec" }],
  ]);
  expect([...decoded(report as unknown as RTCStatsReport)]).toEqual([["a", 10], ["b", 50], ["c", 0]]);
});
