/** How loud a voice note is over its time, in so few numbers that they travel with its message. */

/** As many as a message may carry (`client-core/src/limits.rs`). */
export const WAVEFORM_LEN = 64;

/** Samples of loudness (0 to 1, at an even pace), as bytes for equal parts of the time; the loudest of each counts. */
export function waveformOf(levels: readonly number[], parts = WAVEFORM_LEN): Uint8Array<ArrayBuffer> {
  const count = Math.max(1, Math.min(parts, levels.length));
  const waveform = new Uint8Array(count);
  for (let part = 0; part < count; part++) {
    const from = Math.floor((part * levels.length) / count);
    const to = Math.max(from + 1, Math.floor(((part + 1) * levels.length) / count));
    const loudest = Math.max(0, ...levels.slice(from, to));
    waveform[part] = Math.round(Math.min(1, loudest) * 255);
  }
  return waveform;
}

/** Loudness of a moment from samples of sound (-1 to 1): speech fills most of the range, silence none of it. */
export function levelOf(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const rms = Math.sqrt(sum / Math.max(samples.length, 1));
  // -60 dB to 0 dB.
  return rms === 0 ? 0 : Math.min(1, Math.max(0, 1 + Math.log10(rms) / 3));
}
