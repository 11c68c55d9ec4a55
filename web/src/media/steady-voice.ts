/**
 * A voice that never stops: one track for the whole call, of what the microphone gives, or of silence. It goes through one
 * clock, so that packets show neither who is muted nor when that changed.
 */
export class SteadyVoice {
  readonly track: MediaStreamTrack;
  private readonly context = new AudioContext();
  private readonly output: MediaStreamAudioDestinationNode;
  private source: MediaStreamAudioSourceNode | null = null;

  constructor() {
    this.output = new MediaStreamAudioDestinationNode(this.context, { channelCount: 1, channelCountMode: "explicit" });
    // Some browsers give nothing at all of an output that has no input.
    const silence = new ConstantSourceNode(this.context, { offset: 0 });
    silence.connect(this.output);
    silence.start();
    // A call by telephone, or an output that went away, stops the clock of some systems.
    this.context.addEventListener("statechange", () => {
      if (this.context.state !== "running" && this.context.state !== "closed") this.resume();
    });
    const [track] = this.output.stream.getAudioTracks();
    if (!track) throw new Error("no track of silence");
    this.track = track;
  }

  /** Of this microphone from now on; of none it is silence. */
  take(track: MediaStreamTrack | null): void {
    this.source?.disconnect();
    this.source = null;
    this.resume();
    if (!track) return;
    this.source = this.context.createMediaStreamSource(new MediaStream([track]));
    this.source.connect(this.output);
  }

  /** Browsers let nothing sound, nor silence go out, before a click. */
  resume(): void {
    void this.context.resume().catch(() => {});
  }

  close(): void {
    this.source?.disconnect();
    this.track.stop();
    void this.context.close();
  }
}
