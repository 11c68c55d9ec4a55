/** The main thread's side of the frame worker: every sender and receiver gets its transform here. */
import { TAPPED } from "../core/test-builds";
import type { AgreedCodec, FrameCommand, FrameCounts, FrameReport, ReceiverState, TrackKind, TransformOptions } from "../core/wire";
import { exposeTap } from "./tap";

/** A transform that does not answer by then is lost: browsers drop one in some hundred. */
const CONFIRM_MS = 5_000;

/** Frames that a transform took: none while it never ran. */
export function through(counts: ReadonlyMap<number, FrameCounts>, id: number): number {
  return counts.get(id)?.in ?? 0;
}

/** Where keys come from: handed to the core's worker. */
export interface KeySource {
  connectFrameWorker(port: MessagePort): void;
}

export interface FrameListener {
  receiver(id: number, state: ReceiverState, leaf: number | null): void;
  /** Nothing can be sealed or opened any more. */
  failed(): void;
}

/** A transform that was set; `confirmed` rejects when it does not run. */
export interface Attached {
  readonly id: number;
  readonly confirmed: Promise<void>;
}

export class FrameWorker {
  private readonly worker: Worker;
  private readonly listener: FrameListener;
  private readonly confirming = new Map<number, { resolve: () => void; reject: (error: Error) => void }>();
  private readonly counting = new Map<number, (counts: FrameCounts[]) => void>();
  private nextId = 1;

  constructor(keys: KeySource, listener: FrameListener) {
    this.listener = listener;
    this.worker = new Worker(new URL("../core/frame.worker.ts", import.meta.url), { type: "module", name: "frames" });
    this.worker.onmessage = ({ data }: MessageEvent<FrameReport>) => this.hear(data);
    this.worker.onerror = () => listener.failed();
    const { port1, port2 } = new MessageChannel();
    this.command({ type: "core", port: port1 }, [port1]);
    keys.connectFrameWorker(port2);
    if (TAPPED) {
      const tap = new MessageChannel();
      this.command({ type: "tap", port: tap.port1 }, [tap.port1]);
      exposeTap(tap.port2);
    }
  }

  /** Call it in the task that made the transceiver: set later, a transform never runs and media goes out clear. */
  seal(sender: RTCRtpSender, kind: TrackKind): Attached {
    return this.attach(sender, { role: "send", id: this.nextId++, kind });
  }

  /** Call it in the task that made the transceiver. */
  open(receiver: RTCRtpReceiver, media: "audio" | "video"): Attached {
    return this.attach(receiver, { role: "receive", id: this.nextId++, media });
  }

  setMid(id: number, mid: string): void {
    this.command({ type: "mid", id, mid });
  }

  /** Browsers do not all say of each frame what it is. */
  agree(id: number, codecs: readonly AgreedCodec[] | null): void {
    if (codecs) this.command({ type: "agreed", id, codecs });
  }

  /** Repeats so many blocks of sound in each packet, where the browser can. */
  repeat(id: number, depth: number): void {
    this.command({ type: "repeat", id, depth });
  }

  close(id: number): void {
    this.command({ type: "close", id });
  }

  /** Frames that each transform took and gave; nothing of those that never ran. */
  async counts(): Promise<ReadonlyMap<number, FrameCounts>> {
    const request = this.nextId++;
    const counts = await new Promise<FrameCounts[]>((resolve) => {
      this.counting.set(request, resolve);
      this.command({ type: "counts", request });
    });
    return new Map(counts.map((each) => [each.id, each]));
  }

  /** Ends the worker, and with it every key in it. The tap of a test build outlives it. */
  terminate(): void {
    if (!TAPPED) this.worker.terminate();
  }

  private attach(target: RTCRtpSender | RTCRtpReceiver, options: TransformOptions): Attached {
    const transform = new RTCRtpScriptTransform(this.worker, options);
    target.transform = transform;
    const { id } = options;
    const confirmed = new Promise<void>((resolve, reject) => {
      if (target.transform !== transform) reject(new Error("the transform was not taken"));
      this.confirming.set(id, { resolve, reject });
      setTimeout(() => this.settle(id, new Error("the transform does not run")), CONFIRM_MS);
    });
    // Who does not ask is not troubled.
    confirmed.catch(() => {});
    return { id, confirmed };
  }

  private settle(id: number, error?: Error): void {
    const waiting = this.confirming.get(id);
    this.confirming.delete(id);
    if (error) waiting?.reject(error);
    else waiting?.resolve();
  }

  private hear(report: FrameReport): void {
    switch (report.type) {
      case "attached":
        return this.settle(report.id);
      case "refused":
        return this.settle(report.id, new Error(report.code));
      case "receiver":
        return this.listener.receiver(report.id, report.state, report.leaf);
      case "counts":
        this.counting.get(report.request)?.(report.counts);
        this.counting.delete(report.request);
        return;
      case "failed":
        return this.listener.failed();
    }
  }

  private command(command: FrameCommand, transfer: Transferable[] = []): void {
    this.worker.postMessage(command, transfer);
  }
}
