import { beforeEach, expect, test, vi } from "vitest";
import type { ParticipantAsk } from "../core/generated/ParticipantAsk";
import type { CoreEvent } from "../state/core";
import type { BlurEnd } from "./blur/wire";
import { Call } from "./call";

class Track extends EventTarget {
  readonly kind: string;
  readonly label = "";
  contentHint = "";
  readyState: "live" | "ended" = "live";
  private readonly settings: MediaTrackSettings;
  constructor(kind: string, settings: MediaTrackSettings = {}) {
    super();
    this.kind = kind;
    this.settings = settings;
  }
  getSettings(): MediaTrackSettings {
    return this.settings;
  }
  /** As some browsers: what is open stays as it is. */
  applyConstraints(): Promise<void> {
    return Promise.resolve();
  }
  stop(): void {
    this.readyState = "ended";
  }
}

const memory = { getItem: (): string | null => null, setItem: () => {} };
const core = { send: vi.fn(), onEvent: () => () => {}, connectFrameWorker: () => {}, nudge: () => {} };

vi.mock("./loudness", () => ({
  Loudness: class {
    listen(): void {}
  },
}));

/** Blurring, as far as it got: it begins, or does not, and ends by itself. */
let blurring: { camera: Track; track: Track; begin: () => void; fail: () => void; end: (reason: BlurEnd) => void; stopped: boolean }[];

vi.mock("./blur/blur", () => ({
  canBlur: () => true,
  Blur: {
    start: (camera: Track, ended: (reason: BlurEnd) => void) =>
      new Promise((resolve, reject) => {
        const track = new Track("video");
        const one: (typeof blurring)[number] = {
          camera,
          track,
          begin: () => resolve({ track, stop }),
          fail: () => {
            stop();
            reject(new Error("not here"));
          },
          end: ended,
          stopped: false,
        };
        const stop = (): void => {
          one.stopped = true;
          camera.stop();
          track.stop();
        };
        blurring.push(one);
      }),
  },
}));

/** What was asked of the computer, and gives it. */
let asked: { tracks: Track[]; give: () => void }[];

beforeEach(() => {
  asked = [];
  blurring = [];
  const ask = (wanted: object): Promise<MediaStream> =>
    new Promise((resolve) => {
      const tracks = Object.entries(wanted).map(([kind, settings]) => new Track(kind, settings as MediaTrackSettings));
      const stream = { getTracks: () => tracks, getVideoTracks: () => tracks } as unknown as MediaStream;
      asked.push({ tracks, give: () => resolve(stream) });
    });
  vi.stubGlobal("MediaStreamTrack", Track);
  vi.stubGlobal("Worker", class { postMessage(): void {} terminate(): void {} });
  vi.stubGlobal("MediaStream", class {
    readonly tracks: readonly Track[];
    constructor(tracks: readonly Track[] = []) {
      this.tracks = tracks;
    }
  });
  for (const name of ["RTCRtpScriptTransform", "RTCRtpSender", "RTCRtpReceiver"]) {
    vi.stubGlobal(name, class { transform = null; });
    Object.defineProperty((globalThis as unknown as Record<string, { prototype: object }>)[name]?.prototype ?? {}, "transform", { value: null });
  }
  Object.defineProperty(navigator, "mediaDevices", {
    configurable: true,
    value: Object.assign(new EventTarget(), {
      enumerateDevices: () => Promise.resolve([]),
      getSupportedConstraints: () => ({ noiseSuppression: true }),
      getUserMedia: ask,
      getDisplayMedia: () => ask({ video: {} }),
    }),
  });
});

test("devices that open after the preview was closed are closed at once", async () => {
  const call = new Call(core, memory);
  const preparing = call.prepare();
  call.close();
  for (const { give } of asked) give();
  await preparing;
  expect(asked.flatMap(({ tracks }) => tracks).map(({ readyState }) => readyState)).toEqual(["ended", "ended"]);
  expect(call.view()).toMatchObject({ microphone: false, camera: false, preview: null });
});

test("a preview that is opened again keeps the devices that it asked for itself", async () => {
  const call = new Call(core, memory);
  const first = call.setCamera(true);
  call.close();
  const second = call.setCamera(true);
  for (const { give } of asked) give();
  await Promise.all([first, second]);
  expect(asked.map(({ tracks }) => tracks[0]?.readyState)).toEqual(["ended", "live"]);
  expect(call.view().camera).toBe(true);
});

test("a screen that is chosen after the call is over is not captured", async () => {
  const call = new Call(core, memory);
  const sharing = call.setScreen(true);
  call.close();
  asked[0]?.give();
  await sharing;
  expect(asked[0]?.tracks[0]?.readyState).toBe("ended");
  expect(call.view().screen).toBe(false);
});

/** Somebody in a call, whose core tells what others ask. */
function inCall() {
  const listeners: ((event: CoreEvent) => void)[] = [];
  const core = {
    send: vi.fn(() => new Promise<never>(() => {})),
    onEvent: (listener: (event: CoreEvent) => void) => {
      listeners.push(listener);
      return () => {};
    },
    connectFrameWorker: () => {},
    nudge: () => {},
  };
  const call = new Call(core, memory);
  void call.join("room");
  const ask = (ask: ParticipantAsk) => {
    for (const listener of listeners) listener({ type: "call_ask", name: "Bob", ask });
  };
  const unmute = async () => {
    const opened = call.setMicrophone(true);
    asked.at(-1)?.give();
    await opened;
  };
  return { call, ask, unmute };
}

test("who is muted by others is off at once, is told by whom, and unmutes when ready", async () => {
  const { call, ask, unmute } = inCall();
  await unmute();
  expect(call.view().microphone).toBe(true);
  ask("mute");
  expect(call.view()).toMatchObject({ microphone: false, asked: [{ ask: "mute", by: "Bob" }] });
  await call.setMicrophone(true);
  expect(call.view()).toMatchObject({ microphone: true, asked: [] });
});

test("a microphone that was opening when others muted it stays off", async () => {
  const { call, ask } = inCall();
  const opened = call.setMicrophone(true);
  ask("mute");
  asked[0]?.give();
  await opened;
  expect(call.view()).toMatchObject({ microphone: false, asked: [{ ask: "mute", by: "Bob" }] });
});

test("the last word about a device holds, also while it opens", async () => {
  const { call } = inCall();
  const spoken = call.setMicrophone(true);
  await call.setMicrophone(false);
  const shown = call.setCamera(true);
  await call.setCamera(false);
  for (const { give } of asked) give();
  await Promise.all([spoken, shown]);
  expect(call.view()).toMatchObject({ microphone: false, camera: false, preview: null });
  expect(asked.at(-1)?.tracks[0]?.readyState, "the light of the camera is out").toBe("ended");
});

test("without noise suppression the microphone is opened anew, and heard on", async () => {
  const { call, unmute } = inCall();
  await unmute();
  const changed = call.setNoiseSuppression(false);
  await vi.waitFor(() => expect(asked).toHaveLength(2));
  expect(asked[0]?.tracks[0]?.readyState, "a device that is open stays as it is").toBe("ended");
  asked[1]?.give();
  await changed;
  expect(asked[1]?.tracks[0]?.readyState).toBe("live");
  expect(asked[1]?.tracks[0]?.getSettings()).toMatchObject({ echoCancellation: true, noiseSuppression: false });
  expect(call.view()).toMatchObject({ microphone: true, noiseSuppression: false });
});

test("who is muted stays so without noise suppression, and is heard without it later", async () => {
  const { call, unmute } = inCall();
  await unmute();
  await call.setMicrophone(false);
  await call.setNoiseSuppression(false);
  expect([asked.length, call.view().microphone]).toEqual([1, false]);
  await unmute();
  expect(asked[1]?.tracks[0]?.getSettings().noiseSuppression).toBe(false);
  expect(call.view().microphone).toBe(true);
});

test("who mutes while the microphone is opened anew is muted", async () => {
  const { call, unmute } = inCall();
  await unmute();
  const changed = call.setNoiseSuppression(false);
  await vi.waitFor(() => expect(asked).toHaveLength(2));
  await call.setMicrophone(false);
  asked[1]?.give();
  await changed;
  expect(call.view().microphone).toBe(false);
});

test("a microphone that cannot be opened anew is off, and says why", async () => {
  const { call, unmute } = inCall();
  await unmute();
  navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("gone", "NotFoundError"));
  await call.chooseDevice("microphone", "another");
  expect(call.view()).toMatchObject({ microphone: false, problems: [{ code: "no_device", device: "microphone" }] });
});

test("a microphone that was opening when the choice changed is opened as it was chosen last", async () => {
  const { call } = inCall();
  const opening = call.setMicrophone(true);
  await call.setNoiseSuppression(false);
  asked[0]?.give();
  await opening;
  await vi.waitFor(() => expect(asked).toHaveLength(2));
  asked[1]?.give();
  await vi.waitFor(() => expect(asked[0]?.tracks[0]?.readyState).toBe("ended"));
  expect(asked[1]?.tracks[0]?.getSettings().noiseSuppression).toBe(false);
  expect(call.view().microphone).toBe(true);
});

test("nobody is unmuted by others: who is asked is asked", async () => {
  const { call, ask } = inCall();
  ask("unmute");
  await Promise.resolve();
  expect(asked).toEqual([]);
  expect(call.view()).toMatchObject({ microphone: false, asked: [{ ask: "unmute", by: "Bob" }] });
  call.putAway("unmute");
  expect(call.view().asked).toEqual([]);
  ask("unmute");
  expect(call.view().asked, "not again at once").toEqual([]);
});

test("a hand is lowered by others, once", async () => {
  const { call, ask } = inCall();
  ask("lower_hand");
  expect(call.view().asked).toEqual([]);
  await call.setHand(true);
  ask("lower_hand");
  expect(call.view()).toMatchObject({ hand: false, asked: [{ ask: "lower_hand", by: "Bob" }] });
});

test("who was removed leaves what the core still shows of the call, once", async () => {
  const listeners: ((event: CoreEvent) => void)[] = [];
  const hear = (event: unknown): void => listeners.forEach((listener) => listener(event as CoreEvent));
  const send = vi.fn(() => Promise.resolve({ type: "done" as const }));
  const call = new Call({ ...core, send, onEvent: (listener) => (listeners.push(listener), () => {}) }, memory);
  const joining = call.join("room");
  for (const phase of ["joined", "removed"]) hear({ type: "call", call: { phase, participants: [] } });
  await joining;
  await call.leave();
  await call.leave();
  expect(send.mock.calls.filter(([command]: unknown[]) => (command as { type: string }).type === "leave_call")).toHaveLength(1);
});

async function begins(): Promise<void> {
  await vi.waitFor(() => expect(blurring).toHaveLength(1));
  blurring[0]?.begin();
}

/** Somebody whose background was blurred the last time. */
function discreet() {
  const call = new Call(core, { ...memory, getItem: (key: string) => (key === "conclave.background_blur" ? "on" : null) });
  return { call, shown: () => (call.view().preview as unknown as { tracks: readonly Track[] } | null)?.tracks ?? [] };
}

test("what shows of somebody whose background is blurred is what was blurred, and nothing before", async () => {
  const { call, shown } = discreet();
  const opening = call.setCamera(true);
  asked[0]?.give();
  await vi.waitFor(() => expect(blurring).toHaveLength(1));
  expect(call.view()).toMatchObject({ backgroundBlur: true, camera: false, preview: null });
  await begins();
  await opening;
  expect(call.view().camera).toBe(true);
  expect(shown()).toEqual([blurring[0]?.track]);
  await call.setCamera(false);
  expect(blurring[0]).toMatchObject({ stopped: true, camera: { readyState: "ended" } });
});

test("what another tab chose is taken, but for what would show more of somebody whose camera is on", async () => {
  const kept = new Map<string, string>();
  const call = new Call(core, { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => void kept.set(key, value) });
  expect(call.view()).toMatchObject({ noiseSuppression: true, backgroundBlur: false });
  kept.set("conclave.background_blur", "on");
  kept.set("conclave.noise_suppression", "off");
  await call.takeChoices();
  expect(call.view()).toMatchObject({ noiseSuppression: false, backgroundBlur: true });
  const opening = call.setCamera(true);
  asked.at(-1)?.give();
  await begins();
  await opening;
  kept.set("conclave.background_blur", "off");
  await call.takeChoices();
  expect(call.view()).toMatchObject({ camera: true, backgroundBlur: true });
  expect(blurring[0]?.stopped).toBe(false);
  await call.setCamera(false);
  await call.takeChoices();
  expect(call.view().backgroundBlur).toBe(false);
});

test("where blurring does not begin the camera stays off, and it is said why", async () => {
  vi.spyOn(console, "error").mockReturnValue();
  const { call } = discreet();
  const opening = call.setCamera(true);
  asked[0]?.give();
  await vi.waitFor(() => expect(blurring).toHaveLength(1));
  blurring[0]?.fail();
  await opening;
  expect(call.view()).toMatchObject({ camera: false, preview: null, problems: [{ code: "blur_failed", device: "camera" }] });
  expect(asked[0]?.tracks[0]?.readyState, "the light of the camera is out").toBe("ended");
});

test("where blurring gives up the camera goes off, and it is said why", async () => {
  const { call } = discreet();
  const opening = call.setCamera(true);
  asked[0]?.give();
  await begins();
  await opening;
  blurring[0]?.end("blur_too_slow");
  await vi.waitFor(() => expect(call.view()).toMatchObject({ camera: false, preview: null, problems: [{ code: "blur_too_slow" }] }));
  expect(call.view().backgroundBlur, "the next picture is blurred too").toBe(true);
});

test("who wants blurring while the camera opens is never shown without", async () => {
  const { call, shown } = discreet();
  await call.setBackgroundBlur(false);
  const opening = call.setCamera(true);
  await call.setBackgroundBlur(true);
  asked[0]?.give();
  await vi.waitFor(() => expect(asked).toHaveLength(2));
  expect(asked[0]?.tracks[0]?.readyState).toBe("ended");
  expect(call.view().preview).toBeNull();
  asked[1]?.give();
  await begins();
  await opening;
  expect(shown()).toEqual([blurring[0]?.track]);
});

test("blurring goes on and off while the camera is on", async () => {
  const { call, shown } = discreet();
  await call.setBackgroundBlur(false);
  const opening = call.setCamera(true);
  asked[0]?.give();
  await opening;
  expect(shown()).toEqual(asked[0]?.tracks);
  const changing = call.setBackgroundBlur(true);
  expect(asked[0]?.tracks[0]?.readyState, "nothing more of it goes out").toBe("ended");
  asked[1]?.give();
  await begins();
  await changing;
  expect(shown()).toEqual([blurring[0]?.track]);
  const back = call.setBackgroundBlur(false);
  expect(blurring[0]?.stopped).toBe(true);
  asked[2]?.give();
  await back;
  expect(shown()).toEqual(asked[2]?.tracks);
});

test("a camera that cannot be opened anew is off", async () => {
  const { call } = inCall();
  const opening = call.setCamera(true);
  asked[0]?.give();
  await opening;
  navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("gone", "NotFoundError"));
  await call.chooseDevice("camera", "another");
  expect(call.view()).toMatchObject({ camera: false, preview: null, problems: [{ code: "no_device", device: "camera" }] });
});
