import { expect, test } from "vitest";
import { agreedCodecs } from "./codecs";

const ANSWER = [
  "v=0",
  "o=- 1 2 IN IP4 0.0.0.0",
  "m=audio 9 UDP/TLS/RTP/SAVPF 63 111",
  "a=mid:0",
  "a=rtpmap:111 opus/48000/2",
  "a=fmtp:111 minptime=10;useinbandfec=1",
  "a=rtpmap:63 red/48000/2",
  "a=fmtp:63 111/111",
  "m=video 9 UDP/TLS/RTP/SAVPF 96 97",
  "a=mid:1",
  "a=rtpmap:96 VP8/90000",
  "a=rtpmap:97 rtx/90000",
  "",
];

test.each(["\r\n", "\n"])("what was agreed on is read in its order, of the m-line that is asked for", (end) => {
  const answer = ANSWER.join(end);
  expect(agreedCodecs(answer, "0")).toEqual([{ type: 63, mimeType: "audio/red" }, { type: 111, mimeType: "audio/opus" }]);
  expect(agreedCodecs(answer, "1")).toEqual([{ type: 96, mimeType: "video/vp8" }, { type: 97, mimeType: "video/rtx" }]);
  expect(agreedCodecs(answer, "")).toEqual([]);
  expect(agreedCodecs(answer, "10")).toEqual([]);
  expect(agreedCodecs("", "0")).toEqual([]);
});
