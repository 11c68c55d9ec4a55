/** What is negotiated: one codec each way, and what repairs its losses, which of sound a browser uses only where it comes first. */
import type { AgreedCodec } from "../core/wire";

const WANTED: Readonly<Record<"audio" | "video", readonly string[]>> = {
  audio: ["audio/red", "audio/opus"],
  video: ["video/vp8", "video/rtx"],
};

/** The capabilities that are offered, in order. */
export function codecs(media: "audio" | "video"): RTCRtpCodec[] {
  const all = RTCRtpReceiver.getCapabilities(media)?.codecs ?? [];
  return WANTED[media].flatMap((wanted) => all.filter(({ mimeType }) => mimeType.toLowerCase() === wanted));
}

/** What an answer says of an m-line, the preferred first; of one that it does not have, nothing. */
export function agreedCodecs(answer: string, mid: string): AgreedCodec[] {
  const sections = answer.split(/^m=/m).slice(1).map((text) => text.split(/\r?\n/));
  const lines = sections.find((section) => section.includes(`a=mid:${mid}`)) ?? [];
  const [media = "", , , ...types] = (lines[0] ?? "").split(" ");
  const names = new Map(lines.flatMap((line) => {
    const [, type, name] = /^a=rtpmap:(\d+) ([^/]+)\//.exec(line) ?? [];
    return type !== undefined && name !== undefined ? [[type, `${media}/${name}`.toLowerCase()] as const] : [];
  }));
  return types.flatMap((type) => {
    const mimeType = names.get(type);
    return mimeType === undefined ? [] : [{ type: Number(type), mimeType }];
  });
}
