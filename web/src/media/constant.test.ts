import { expect, test } from "vitest";
import { withConstantVoice, withoutLevels } from "./constant";

const LEVEL = "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n";
const VOICE = "m=audio 9 UDP/TLS/RTP/SAVPF 63 111\r\na=mid:0\r\na=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\na=rtpmap:111 opus/48000/2\r\n";
const REST = "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\nm=video 9 x 96\r\na=rtpmap:96 VP8/90000\r\n";

test("nothing says how loud a packet is", () => {
  expect(withoutLevels(`${VOICE}${LEVEL}${REST}`)).toBe(`${VOICE}${REST}`);
  const directed = LEVEL.replace(":1 ", ":14/sendonly ").replace("-level", "-level vad=on");
  expect(withoutLevels(`${VOICE}${directed}${REST}`)).toBe(`${VOICE}${REST}`);
  expect(withoutLevels(`${VOICE}a=extmap:2 urn:ietf:params:rtp-hdrext:csrc-audio-level\r\n${REST}`)).toBe(`${VOICE}${REST}`);
});

test("B15 an answer asks for packets of the same length, in silence too, whatever it said before", () => {
  const constant = `${VOICE}a=fmtp:111 minptime=10;useinbandfec=1;cbr=1;usedtx=0\r\n${REST}`;
  expect(withConstantVoice(`${VOICE}a=fmtp:111 minptime=10;useinbandfec=1\r\n${LEVEL}${REST}`)).toBe(constant);
  expect(withConstantVoice(constant)).toBe(constant);
  const other = withConstantVoice(`${VOICE}a=fmtp:111 usedtx=1; cbr=0\r\n${REST}`);
  expect(other).toBe(`${VOICE}a=fmtp:111 usedtx=0;cbr=1\r\n${REST}`);
  const twice = withConstantVoice(`${VOICE}a=fmtp:111 minptime=10\r\na=fmtp:111 cbr=0;usedtx=1\r\na=fmtp:0111 cbr=0\r\n${REST}`);
  expect(twice).toBe(`${VOICE}a=fmtp:111 minptime=10;cbr=1;usedtx=0\r\n${REST}`);
  expect(withConstantVoice(`${VOICE}${REST}`)).toBe(`${VOICE}a=fmtp:111 cbr=1;usedtx=0\r\n${REST}`);
});
