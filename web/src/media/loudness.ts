/** Loudness of the own microphone, for the level meter and for "you are muted". */

/** Root mean square from which on somebody is taken to talk; about -40 dB. */
const TALK = 0.01;

/** How long it must last: a cough is no word. */
const TALK_MS = 400;

const LOOK_MS = 100;

export class Loudness {
  private readonly talking: (talking: boolean) => void;
  private context: AudioContext | null = null;
  private analyser: AnalyserNode | null = null;
  private source: MediaStreamAudioSourceNode | null = null;
  private samples = new Float32Array(0);
  private timer: ReturnType<typeof setInterval> | undefined;
  private loudFor = 0;

  /** `talking` hears when somebody begins and ends to talk. */
  constructor(talking: (talking: boolean) => void) {
    this.talking = talking;
  }

  /** Listens to this track, or to none. */
  listen(track: MediaStreamTrack | null): void {
    this.source?.disconnect();
    this.source = null;
    clearInterval(this.timer);
    this.loudFor = 0;
    if (!track) {
      void this.context?.close();
      this.context = null;
      this.analyser = null;
      return;
    }
    this.context ??= new AudioContext();
    this.analyser ??= new AnalyserNode(this.context, { fftSize: 1024 });
    this.samples = new Float32Array(this.analyser.fftSize);
    this.source = this.context.createMediaStreamSource(new MediaStream([track]));
    this.source.connect(this.analyser);
    this.timer = setInterval(() => this.look(), LOOK_MS);
  }

  /** Now, 0 to 1. */
  level(): number {
    // The square root spreads the quiet half of the scale, as the ear does.
    return Math.min(1, Math.sqrt(this.rms() * 2));
  }

  /** Root mean square now, 1 is full scale. */
  rms(): number {
    if (!this.analyser) return 0;
    this.analyser.getFloatTimeDomainData(this.samples);
    return Math.sqrt(this.samples.reduce((sum, sample) => sum + sample * sample, 0) / this.samples.length);
  }

  private look(): void {
    const before = this.loudFor;
    this.loudFor = this.rms() > TALK ? this.loudFor + LOOK_MS : 0;
    if (before < TALK_MS && this.loudFor >= TALK_MS) this.talking(true);
    if (before >= TALK_MS && this.loudFor === 0) this.talking(false);
  }
}
