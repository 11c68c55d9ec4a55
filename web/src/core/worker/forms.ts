/**
 * How the bytes of a frame are to be read. Most browsers say the codec of each frame, some only its payload type, some
 * neither: then by what was agreed on, and of what is received by what opens.
 */
import { FrameCodec } from "../generated/wasm/media";
import type { AgreedCodec } from "../wire";
import { takeApart, type Block } from "./redundancy";

export type Frame = RTCEncodedVideoFrame | RTCEncodedAudioFrame;

/** Redundant Opus. */
const RED = "audio/red";

const CODECS: Readonly<Record<string, FrameCodec>> = {
  "audio/opus": FrameCodec.Opus,
  [RED]: FrameCodec.Opus,
  "video/vp8": FrameCodec.Vp8,
  "video/vp9": FrameCodec.Vp9,
};

/** One way to read a frame. */
export interface Form {
  readonly codec: FrameCodec;
  /** Of redundant sound, what it is made of, the newest last. */
  readonly blocks: readonly Block[] | null;
}

/** What browsers may leave out. */
interface Said {
  readonly mimeType?: string;
  readonly payloadType?: number;
  readonly rtpTimestamp?: number;
}

export class Forms {
  /** What was agreed on for the stream, the preferred first; null before it is known. */
  agreed: readonly AgreedCodec[] | null = null;
  private readonly video: boolean;

  constructor(video: boolean) {
    this.video = video;
  }

  /** Of a frame that leaves. Nothing where its codec is none of ours, or cannot be told yet. */
  ofSent(frame: Frame): Form | null {
    const told = this.told(frame);
    if (told !== undefined) return told;
    if (this.agreed === null) return null;
    // Browsers send what comes first of all that was agreed on.
    const redundant = this.agreed[0]?.mimeType === RED;
    return { codec: FrameCodec.Opus, blocks: redundant ? this.likelyBlocks(frame) : null };
  }

  /**
   * Of a frame that came: all that it may be, the likeliest last, for its refusal is the one that counts. None where its
   * codec is none of ours; null where that cannot be told yet.
   */
  ofReceived(frame: Frame): readonly Form[] | null {
    const told = this.told(frame);
    if (told !== undefined) return told ? [told] : [];
    if (this.agreed === null) return null;
    const blocks = this.likelyBlocks(frame);
    const forms = blocks ? [null, blocks] : [null];
    return forms.map((each) => ({ codec: FrameCodec.Opus, blocks: each }));
  }

  /** By what the frame says; null where that is no codec of ours, undefined where it says nothing of use. */
  private told(frame: Frame): Form | null | undefined {
    const { mimeType, payloadType } = frame.getMetadata() as Said;
    const name = mimeType?.toLowerCase() ?? this.agreed?.find(({ type }) => type === payloadType)?.mimeType;
    // We negotiate one codec for pictures.
    if (name === undefined) return this.video ? { codec: FrameCodec.Vp8, blocks: null } : undefined;
    const codec = CODECS[name];
    if (codec === undefined) return null;
    return { codec, blocks: name === RED ? takeApart(new Uint8Array(frame.data)) : null };
  }

  /** Blocks where the frame has the form of redundant sound, and each is of the codec that was agreed on. */
  private likelyBlocks(frame: Frame): Block[] | null {
    const agreed = this.agreed ?? [];
    if (agreed.every(({ mimeType }) => mimeType !== RED)) return null;
    const blocks = takeApart(new Uint8Array(frame.data));
    const isSound = (block: Block): boolean => agreed.some(({ type, mimeType }) => type === block.type && mimeType !== RED);
    return blocks?.every(isSound) ? blocks : null;
  }
}

/** When the frame was taken, in units of the stream's clock. */
export function timeOf(frame: Frame): number {
  const { rtpTimestamp } = frame.getMetadata() as Said;
  // The name that it had before.
  return rtpTimestamp ?? (frame as { readonly timestamp?: number }).timestamp ?? 0;
}
