import { expect, test } from "vitest";
import { withFloor } from "./connection";

const SDP = "v=0\r\nm=audio 9 x 111\r\na=rtpmap:111 opus/48000/2\r\nm=video 9 x 96 97\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n";

test("the least rate is written for each picture, and only where there is one", () => {
  expect(withFloor(SDP, 0)).toBe(SDP);
  expect(withFloor(SDP, 300)).toBe(SDP.replace("VP8/90000\r\n", "VP8/90000\r\na=fmtp:96 x-google-min-bitrate=300\r\n"));
});
