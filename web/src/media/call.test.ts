import { beforeEach, expect, test, vi } from "vitest";
import { Call } from "./call";

class Track extends EventTarget {
  readonly kind: string;
  readonly label = "";
  contentHint = "";
  readyState: "live" | "ended" = "live";
  constructor(kind: string) {
    super();
    this.kind = kind;
  }
  stop(): void {
    this.readyState = "ended";
  }
}

const memory = { getItem: () => null, setItem: () => {} };
const core = { send: vi.fn(), onEvent: () => () => {}, connectFrameWorker: () => {} };

/** What was asked of the computer, and gives it. */
let asked: { tracks: Track[]; give: () => void }[];

beforeEach(() => {
  asked = [];
  const ask = (kinds: string[]): Promise<MediaStream> =>
    new Promise((resolve) => {
      const tracks = kinds.map((kind) => new Track(kind));
      const stream = { getTracks: () => tracks, getVideoTracks: () => tracks } as unknown as MediaStream;
      asked.push({ tracks, give: () => resolve(stream) });
    });
  vi.stubGlobal("MediaStreamTrack", Track);
  vi.stubGlobal("MediaStream", class { active = true; });
  for (const name of ["RTCRtpScriptTransform", "RTCRtpSender", "RTCRtpReceiver"]) {
    vi.stubGlobal(name, class { transform = null; });
    Object.defineProperty((globalThis as unknown as Record<string, { prototype: object }>)[name]?.prototype ?? {}, "transform", { value: null });
  }
  Object.defineProperty(navigator, "mediaDevices", {
    configurable: true,
    value: Object.assign(new EventTarget(), {
      enumerateDevices: () => Promise.resolve([]),
      getUserMedia: (wanted: object) => ask(Object.keys(wanted)),
      getDisplayMedia: () => ask(["video"]),
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
