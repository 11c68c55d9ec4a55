import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Command, CoreClient, Reply } from "../state/core";
import { tryNetwork, verdictOf, type Way } from "./trial";

const RELAY = { urls: ["turn:turn.example.org"], username: "1:a", credential: "b" };

/** A connection that becomes what a test says. */
class Connection extends EventTarget {
  connectionState = "new";
  way: Way = {};
  closed = false;
  readonly steps: string[] = [];

  addTransceiver(): void {}
  createOffer(): Promise<RTCSessionDescriptionInit> {
    return Promise.resolve({ type: "offer", sdp: "offer" });
  }
  getConfiguration(): RTCConfiguration {
    return { bundlePolicy: "max-bundle" };
  }
  setConfiguration({ iceServers }: RTCConfiguration): void {
    this.steps.push(`servers ${String(iceServers?.length)}`);
  }
  setLocalDescription(): Promise<void> {
    this.steps.push("local");
    return Promise.resolve();
  }
  setRemoteDescription({ sdp }: RTCSessionDescriptionInit): Promise<void> {
    this.steps.push(String(sdp));
    return Promise.resolve();
  }
  getStats(): Promise<Map<string, object>> {
    const pair = { id: "p", type: "candidate-pair", nominated: true, state: "succeeded", localCandidateId: "l" };
    return Promise.resolve(new Map<string, object>([["p", pair], ["l", { id: "l", type: "local-candidate", ...this.way }]]));
  }
  close(): void {
    this.closed = true;
  }
  becomes(state: string): void {
    this.connectionState = state;
    this.dispatchEvent(new Event("connectionstatechange"));
  }
}

function core(reply: Reply): CoreClient & { asked: Command[] } {
  const asked: Command[] = [];
  return {
    asked,
    nudge: () => undefined,
    send: (command) => {
      asked.push(command);
      return Promise.resolve(reply);
    },
    onEvent: () => () => undefined,
  };
}

const ANSWER: Reply = { type: "network_trial", value: { sdp: "answer", ice_servers: [RELAY] } };

let pc: Connection;
const trial = (reply: Reply = ANSWER): ReturnType<typeof tryNetwork> => tryNetwork(core(reply), () => pc as unknown as RTCPeerConnection);

beforeEach(() => {
  vi.useFakeTimers();
  pc = new Connection();
});
afterEach(() => {
  vi.useRealTimers();
});

test.each([
  [{ candidateType: "host", protocol: "udp" }, "ready"],
  [{ candidateType: "prflx", protocol: "udp" }, "ready"],
  [{ candidateType: "host", protocol: "tcp" }, "tcp"],
  [{ candidateType: "relay", protocol: "udp" }, "relay"],
] as const)("the way %o is told as %s", (way, verdict) => {
  expect(verdictOf(way)).toBe(verdict);
});

test("a connection that stands makes the network ready, and is thrown away", async () => {
  const verdict = trial();
  await vi.advanceTimersByTimeAsync(0);
  // The relays are known before the browser looks for ways.
  expect(pc.steps).toEqual(["servers 1", "local", "answer"]);
  pc.way = { candidateType: "host", protocol: "udp" };
  pc.becomes("connected");
  expect(await verdict).toBe("ready");
  expect(pc.closed).toBe(true);
});

test("a slower way that was only found first is not held against the network", async () => {
  const verdict = trial();
  await vi.advanceTimersByTimeAsync(0);
  pc.way = { candidateType: "host", protocol: "tcp" };
  pc.becomes("connected");
  await vi.advanceTimersByTimeAsync(500);
  pc.way = { candidateType: "host", protocol: "udp" };
  await vi.advanceTimersByTimeAsync(500);
  expect(await verdict).toBe("ready");
});

test("no connection, said or by silence, is a network that is blocked", async () => {
  const failed = trial();
  await vi.advanceTimersByTimeAsync(0);
  pc.becomes("connecting");
  pc.becomes("failed");
  expect(await failed).toBe("blocked");
  pc = new Connection();
  const silent = trial();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await silent).toBe("blocked");
  expect(pc.closed).toBe(true);
});

test("where the server does not answer, nothing is said of the network", async () => {
  expect(await trial({ type: "failed", value: { code: "offline", params: {} } })).toBeNull();
  expect(pc.closed).toBe(true);
});
