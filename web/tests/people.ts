/** People without a core: who they are and their keys are given to their frame workers by hand. */
import type { Reply } from "../src/core/generated/Reply.ts";
import type { ReceiverState } from "../src/core/wire.ts";
import { FrameWorker } from "../src/media/frames.ts";
import * as updates from "../src/core/media-updates.mjs";
import { epochOf } from "./epoch.ts";

/** A frame worker and the port on which the core would give it keys. */
export class Person {
  readonly states = new Map<number, { state: ReceiverState; leaf: number | null }>();
  readonly frames: FrameWorker;
  failed = false;
  private readonly leaf: number;
  private readonly members: number[];
  private port: MessagePort | null = null;

  constructor(leaf: number, members: number[]) {
    this.leaf = leaf;
    this.members = members;
    this.frames = new FrameWorker(
      { connectFrameWorker: (port) => (this.port = port) },
      {
        receiver: (id, state, from) => this.states.set(id, { state, leaf: from }),
        failed: () => (this.failed = true),
      },
    );
  }

  give(update: Uint8Array): void {
    this.port?.postMessage(update);
  }

  enter(epoch: number): void {
    this.give(epochOf(this.leaf, this.members, epoch));
  }

  end(): void {
    this.give(updates.end());
  }

  sendWith(epoch: number): void {
    this.give(updates.sendWith(epoch));
  }
}

/** Takes an offer as a server would: everything in one answer. */
export async function answer(pc: RTCPeerConnection, sdp: string): Promise<Reply> {
  await pc.setRemoteDescription({ type: "offer", sdp });
  await pc.setLocalDescription();
  await gathered(pc);
  return { type: "sdp_answer", value: { sdp: pc.localDescription?.sdp ?? "" } };
}

export async function gathered(pc: RTCPeerConnection): Promise<void> {
  if (pc.iceGatheringState === "complete") return;
  await new Promise<void>((resolve) => {
    pc.addEventListener("icegatheringstatechange", () => pc.iceGatheringState === "complete" && resolve());
  });
}
