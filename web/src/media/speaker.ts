/** Plays what is heard: an audio element for each slot, on the chosen device. */

/** Browsers that cannot choose a speaker have no `setSinkId`. */
export const canChooseSpeaker = typeof HTMLMediaElement !== "undefined" && "setSinkId" in HTMLMediaElement.prototype;

const TEST_TONE = { hertz: 523.25, seconds: 0.6, loudness: 0.2 };

export class Speaker {
  private readonly elements = new Map<MediaStream, HTMLAudioElement>();
  private readonly blocked: () => void;
  private device = "";

  /** `blocked` is called when the browser plays nothing before a click. */
  constructor(blocked: () => void) {
    this.blocked = blocked;
  }

  /** Plays exactly these. */
  play(streams: readonly MediaStream[]): void {
    for (const [stream, element] of this.elements) {
      if (streams.includes(stream)) continue;
      element.srcObject = null;
      this.elements.delete(stream);
    }
    for (const stream of streams) {
      if (this.elements.has(stream)) continue;
      const element = new Audio();
      this.elements.set(stream, element);
      element.srcObject = stream;
      if (this.device !== "") void sink(element, this.device);
      this.start(element);
    }
  }

  async choose(device: string): Promise<void> {
    this.device = device;
    await Promise.all([...this.elements.values()].map((element) => sink(element, device)));
  }

  /** Called in a click. */
  resume(): void {
    for (const element of this.elements.values()) this.start(element);
  }

  /** A short tone on the chosen device. */
  async test(): Promise<void> {
    const context = new AudioContext();
    const output = context.createMediaStreamDestination();
    const tone = new OscillatorNode(context, { frequency: TEST_TONE.hertz });
    const gain = new GainNode(context, { gain: TEST_TONE.loudness });
    tone.connect(gain).connect(output);
    const element = new Audio();
    element.srcObject = output.stream;
    if (this.device !== "") await sink(element, this.device);
    await element.play();
    tone.start();
    tone.stop(context.currentTime + TEST_TONE.seconds);
    await new Promise((resolve) => tone.addEventListener("ended", resolve, { once: true }));
    await context.close();
  }

  private start(element: HTMLAudioElement): void {
    element.play().catch((error: unknown) => {
      if (error instanceof Error && error.name === "NotAllowedError") this.blocked();
    });
  }
}

/** A device that is gone leaves the sound where it is. */
async function sink(element: HTMLAudioElement, device: string): Promise<void> {
  if (canChooseSpeaker) await element.setSinkId(device).catch(() => {});
}
