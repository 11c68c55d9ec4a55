/** What is negotiated: one codec each way, and what repairs its losses, which of sound a browser uses only where it comes first. */

const WANTED: Readonly<Record<"audio" | "video", readonly string[]>> = {
  audio: ["audio/red", "audio/opus"],
  video: ["video/vp8", "video/rtx"],
};

/** The capabilities that are offered, in order. */
export function codecs(media: "audio" | "video"): RTCRtpCodec[] {
  const all = RTCRtpReceiver.getCapabilities(media)?.codecs ?? [];
  return WANTED[media].flatMap((wanted) => all.filter(({ mimeType }) => mimeType.toLowerCase() === wanted));
}
