/** For acceptance tests alone: hands the tap of a frame worker to the page, as `frameTaps`, one for each call. */
import type { TapAnswer, TapFrame, TapRequest } from "../core/wire";

export class PageTap {
  private readonly port: MessagePort;
  private readonly open = new Map<number, (answer: TapAnswer) => void>();
  private next = 1;

  constructor(port: MessagePort) {
    this.port = port;
    port.onmessage = ({ data }: MessageEvent<TapAnswer>) => {
      this.open.get(data.request)?.(data);
      this.open.delete(data.request);
    };
  }

  /** The sealed frames that came so far, with the time at which they came; data as base64. */
  async frames(): Promise<{ at: number; video: boolean; data: string }[]> {
    const { frames } = await this.ask({ type: "frames", request: this.next });
    return frames.map(({ at, video, data }) => {
      const text = Array.from(new Uint8Array(data), (byte) => String.fromCharCode(byte)).join("");
      return { at, video, data: btoa(text) };
    });
  }

  /** How many of these frames open with the keys of this call, those it had before its end. */
  async opens(frames: readonly { at: number; video: boolean; data: string }[]): Promise<number> {
    const parsed = frames.map(({ at, video, data }): TapFrame => {
      const { buffer } = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
      return { at, video, data: buffer };
    });
    return (await this.ask({ type: "open", request: this.next, frames: parsed })).opened;
  }

  private ask(request: TapRequest): Promise<TapAnswer> {
    this.next += 1;
    return new Promise((resolve) => {
      this.open.set(request.request, resolve);
      this.port.postMessage(request);
    });
  }
}

export function exposeTap(port: MessagePort): void {
  const page = globalThis as { frameTaps?: PageTap[] };
  (page.frameTaps ??= []).push(new PageTap(port));
}
