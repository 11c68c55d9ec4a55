/**
 * Who speaks, as this device hears it: where voices go out at a constant bitrate, nobody else can tell. The same rules as
 * the server's for other calls (`sfu/core/src/call/voice.rs`).
 */

/** How loud somebody is: root mean square, 1 is full scale. */
export interface Voice {
  readonly leaf: number;
  readonly loudness: number;
}

/** From which loudness on it is speech and not room noise; -60 dB. */
const SPEECH = 0.001;

/** How much louder than the present speaker another one must be; 4 dB. */
const TAKEOVER = 1.6;

/** The mark stays at least so long; shorter makes tiles flicker. */
const HOLD_MS = 600;

/** After so long without speech nobody is marked. */
const QUIET_MS = 2_000;

export class WhoSpeaks {
  private marked: number | null = null;
  private changed = -Infinity;
  private spoken = -Infinity;

  /** The leaf that is marked now, of these voices. */
  judge(now: number, voices: readonly Voice[]): number | null {
    const loudest = voices.reduce<Voice | null>((most, voice) => (most && most.loudness >= voice.loudness ? most : voice), null);
    const present = voices.find(({ leaf }) => leaf === this.marked);
    const speaks = loudest !== null && loudest.loudness >= SPEECH;
    if (speaks) this.spoken = now;
    // Who left loses the mark at once; others keep it for a moment.
    if (present && now - this.changed < HOLD_MS) return this.marked;
    if (speaks && (!present || loudest.loudness >= present.loudness * TAKEOVER)) this.mark(now, loudest.leaf);
    else if (!present || now - this.spoken >= QUIET_MS) this.mark(now, null);
    return this.marked;
  }

  private mark(now: number, leaf: number | null): void {
    if (leaf === this.marked) return;
    this.marked = leaf;
    this.changed = now;
  }
}

/** Of a track, what was heard so far: energy (square of the loudness times seconds), and seconds. */
interface Heard {
  readonly energy: number;
  readonly seconds: number;
}

/** Loudness of received tracks since the last look, by what the browser counts of what it decoded. */
export class Ears {
  private before: ReadonlyMap<string, Heard> = new Map();

  listen(report: Iterable<unknown>): ReadonlyMap<string, number> {
    const now = new Map<string, Heard>();
    const loudness = new Map<string, number>();
    for (const stat of report as Iterable<InboundVoice>) {
      const { type, kind, trackIdentifier: track, totalAudioEnergy: energy, totalSamplesDuration: seconds } = stat;
      if (type !== "inbound-rtp" || kind !== "audio" || track === undefined || energy === undefined || seconds === undefined) continue;
      now.set(track, { energy, seconds });
      const last = this.before.get(track);
      if (last && seconds > last.seconds) loudness.set(track, Math.sqrt(Math.max(0, energy - last.energy) / (seconds - last.seconds)));
    }
    this.before = now;
    return loudness;
  }
}

interface InboundVoice {
  readonly type: string;
  readonly kind?: string;
  readonly trackIdentifier?: string;
  readonly totalAudioEnergy?: number;
  readonly totalSamplesDuration?: number;
}
