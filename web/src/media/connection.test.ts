import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Connection, withFloor } from "./connection";

const SDP = "v=0\r\nm=audio 9 x 111\r\na=rtpmap:111 opus/48000/2\r\nm=video 9 x 96 97\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n";

test("the least rate is written for each picture, and only where there is one", () => {
  expect(withFloor(SDP, 0)).toBe(SDP);
  expect(withFloor(SDP, 300)).toBe(SDP.replace("VP8/90000\r\n", "VP8/90000\r\na=fmtp:96 x-google-min-bitrate=300\r\n"));
});

/** As far as states go. */
class FakePeerConnection extends EventTarget {
  connectionState: RTCPeerConnectionState = "new";

  getTransceivers(): RTCRtpTransceiver[] {
    return [];
  }

  becomes(state: RTCPeerConnectionState): void {
    this.connectionState = state;
    this.dispatchEvent(new Event("connectionstatechange"));
  }

  close(): void {
    this.connectionState = "closed";
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("RTCPeerConnection", FakePeerConnection);
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

function connected() {
  const told: string[] = [];
  const tell = (what: string) => () => {
    told.push(what);
  };
  const connection = new Connection([], () => Promise.reject(new Error("nobody asks")), { connected: tell("connected"), silent: tell("silent"), lost: tell("lost") });
  const pc = connection.pc as unknown as FakePeerConnection;
  pc.becomes("connected");
  return { told, pc };
}

// The connection to the server went the same way, and would not be doubted for the better part of a minute.
test("a way that the browser gives up is said to lead nowhere at once, and is lost if it does not come back", () => {
  const { told, pc } = connected();
  pc.becomes("disconnected");
  expect(told).toEqual(["connected", "silent"]);
  pc.becomes("connected");
  vi.advanceTimersByTime(10_000);
  expect(told).toEqual(["connected", "silent", "connected"]);
  pc.becomes("disconnected");
  vi.advanceTimersByTime(3_000);
  expect(told).toEqual(["connected", "silent", "connected", "silent", "lost"]);
});

test("a way that fails is lost at once, and doubted", () => {
  const { told, pc } = connected();
  pc.becomes("failed");
  expect(told).toEqual(["connected", "silent", "lost"]);
});
