/**
 * A page of 25 tiles, and what fills it. The one page publishes frames that were encoded before: small encoders run for the
 * sake of the connection, and `tiles.worker.ts` puts the frames in the place of theirs, sealed by somebody else each. The other
 * is the real grid with the real receiving. Driven by `tests/browser/bench/tiles.mjs`.
 */
import { answer, gathered, Person } from "./people.ts";
import { Subscribe } from "../src/media/subscribe.ts";
import * as updates from "../src/core/media-updates.mjs";
import { participant, person } from "../src/testing/fake-data.ts";
import type { CallView } from "../src/core/generated/CallView.ts";
import type { MediaView } from "../src/state/media.ts";

/** Of the receiver, as in the fake call. */
const OWN = 2;

const WIDTH = 320;
const HEIGHT = 180;
const BITS_PER_SECOND = 150_000;

/** What all 25 need, and the headers; a browser would take half a minute to find out by itself. In kbit a second. */
const RATE = { least: 6_000, first: 8_000 };

export interface Clip {
  readonly key: boolean;
  readonly data: ArrayBuffer;
}

/** A moving picture with grain, encoded once. */
async function encode(seconds: number, rate: number): Promise<Clip[]> {
  const canvas = new OffscreenCanvas(WIDTH, HEIGHT);
  const brush = canvas.getContext("2d");
  if (!brush) throw new Error("no canvas");
  const clips: Clip[] = [];
  const encoder = new VideoEncoder({
    output: (chunk) => {
      const data = new ArrayBuffer(chunk.byteLength);
      chunk.copyTo(data);
      clips.push({ key: chunk.type === "key", data });
    },
    error: (error) => console.error("encoding failed", error),
  });
  encoder.configure({ codec: "vp8", width: WIDTH, height: HEIGHT, framerate: rate, bitrate: BITS_PER_SECOND, latencyMode: "realtime" });
  for (let index = 0; index < seconds * rate; index++) {
    paint(brush, index);
    const frame = new VideoFrame(canvas, { timestamp: (index * 1_000_000) / rate });
    encoder.encode(frame, { keyFrame: index === 0 });
    frame.close();
    if (encoder.encodeQueueSize > 8) await new Promise((resolve) => encoder.addEventListener("dequeue", resolve, { once: true }));
  }
  await encoder.flush();
  encoder.close();
  return clips;
}

function paint(brush: OffscreenCanvasRenderingContext2D, index: number): void {
  const wall = brush.createLinearGradient(0, 0, WIDTH, HEIGHT);
  wall.addColorStop(0, "#7a8d9a");
  wall.addColorStop(1, "#3a4650");
  brush.fillStyle = wall;
  brush.fillRect(0, 0, WIDTH, HEIGHT);
  const sway = Math.sin(index / 9) * 9;
  for (const [colour, x, y, width, height] of [["#345", 160, 190, 90, 80], ["#dca883", 160 + sway, 80, 36, 46], ["#211", 160 + sway, 56, 40, 26]] as const) {
    brush.fillStyle = colour;
    brush.beginPath();
    brush.ellipse(x, y, width, height, 0, 0, Math.PI * 2);
    brush.fill();
  }
  for (let grain = 0; grain < 300; grain++) {
    const at = (index * 7_919 + grain * 104_729) % (WIDTH * HEIGHT);
    brush.fillStyle = grain % 2 ? "rgb(255 255 255 / 12%)" : "rgb(0 0 0 / 12%)";
    brush.fillRect(at % WIDTH, Math.floor(at / WIDTH), 2, 2);
  }
}

/** As many small encoders as there are leaves, at `rate` frames a second. Answers the offer of who receives. */
async function publish(sdp: string, leaves: number[], seconds: number, rate: number): Promise<string> {
  const worker = new Worker(new URL("tiles.worker.ts", import.meta.url), { type: "module" });
  worker.postMessage({ clips: await encode(seconds, rate), members: [...leaves, OWN] }, []);
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: 64, height: 36 });
  const brush = canvas.getContext("2d");
  let count = 0;
  setInterval(() => {
    if (brush) brush.fillStyle = `hsl(${String((count += 40) % 360)} 50% 50%)`;
    brush?.fillRect(count % 64, 0, 9, 36);
  }, 1_000 / rate);
  const [track] = canvas.captureStream(rate).getVideoTracks();
  const pc = new RTCPeerConnection();
  published = pc;
  for (const leaf of leaves) {
    if (!track) throw new Error("no track");
    const sender = pc.addTrack(track.clone());
    sender.transform = new RTCRtpScriptTransform(worker, { leaf });
  }
  const fast = `a=fmtp:$1 x-google-min-bitrate=${String(RATE.least)};x-google-start-bitrate=${String(RATE.first)}\r\n`;
  const reply = await answer(pc, sdp.replaceAll(/^a=rtpmap:(\d+) VP8\/90000\r\n/gm, `$&${fast}`));
  return reply.type === "sdp_answer" ? reply.value.sdp : "";
}

let published: RTCPeerConnection | null = null;
let subscribed: Subscribe | null = null;

interface Fake {
  readonly core: { call: CallView | null; setCall(call: CallView): void };
  readonly media: { set(change: Partial<MediaView>): void };
}

/** Fills the call that the fake app is in. */
async function receive(count: number, offerTo: (sdp: string) => Promise<string>): Promise<void> {
  const { core, media } = (globalThis as unknown as { fake: Fake }).fake;
  if (!core.call) throw new Error("not in the call");
  const leaves = leavesOf(count);
  const others = leaves.map((leaf) => participant(leaf, { ...person(`Tile ${String(leaf)}`), user_id: `user-${String(leaf)}` }, { microphone: false }));
  const own = core.call.participants.filter(({ this_device }) => this_device);
  core.setCall({ ...core.call, speaker: null, participants: [...own, ...others] });
  const bob = new Person(OWN, [...leaves, OWN]);
  bob.enter(1);
  const subscribe: Subscribe = new Subscribe(
    bob.frames,
    [],
    async () => {
      await gathered(subscribe.pc);
      return { type: "sdp_answer", value: { sdp: await offerTo(subscribe.pc.localDescription?.sdp ?? "") } };
    },
    { connected: () => {}, silent: () => {}, lost: () => console.error("the connection was lost") },
  );
  subscribed = subscribe;
  await subscribe.grow({ audio: 0, video: count });
  bob.give(updates.expect(subscribe.slots.map(({ mid }, index) => ({ mid: mid ?? "", leaf: leaves[index] ?? -1, kind: "camera" as const }))));
  for (const slot of subscribe.slots) subscribe.play(slot, true);
  media.set({ remote: subscribe.slots.map(({ stream }, index) => ({ leaf: leaves[index] ?? -1, kind: "camera", state: "live", stream })) });
}

function leavesOf(count: number): number[] {
  return Array.from({ length: count + 1 }, (_, leaf) => leaf).filter((leaf) => leaf !== OWN);
}

/** Sums over all streams. */
async function counts(): Promise<Record<string, number>> {
  const keys = ["framesSent", "keyFramesEncoded", "framesReceived", "framesDecoded", "framesDropped", "keyFramesDecoded", "packetsLost", "pliCount", "freezeCount", "totalDecodeTime"];
  const sums: Record<string, number> = { at: performance.now() };
  for (const stat of ((await (published ?? subscribed?.pc)?.getStats()) ?? new Map()).values() as Iterable<Record<string, unknown>>) {
    if (stat["type"] !== "outbound-rtp" && stat["type"] !== "inbound-rtp") continue;
    for (const key of keys) if (typeof stat[key] === "number") sums[key] = (sums[key] ?? 0) + stat[key];
  }
  return sums;
}

/** Tiles that show a picture of this size, and have shown so many frames in all. */
function shown(): { tiles: number; frames: number } {
  const videos = [...document.querySelectorAll<HTMLVideoElement>("[data-media] video")].filter(({ videoHeight }) => videoHeight === HEIGHT);
  const frames = videos.reduce((sum, video) => {
    const { totalVideoFrames, droppedVideoFrames } = video.getVideoPlaybackQuality();
    return sum + totalVideoFrames - droppedVideoFrames;
  }, 0);
  return { tiles: videos.length, frames };
}

const page = { publish, receive, leavesOf, counts, shown };

declare global {
  var tiles: typeof page;
}
globalThis.tiles = page;
