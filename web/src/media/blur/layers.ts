/**
 * The layers of the person's outline, over pictures that lie row by row, all channels of a place together. Written for
 * speed: no memory is taken while they run, and what does not change is outside the inner loops.
 */

export interface Picture {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly data: Float32Array;
}

/** The channels that are computed at a time; all networks have a multiple of it. */
export const BLOCK = 4;

/**
 * Each place by itself: a matrix of `out.channels` rows. Two places and four channels at a time, so that what is loaded is used
 * more than once.
 */
export function pointwise(input: Picture, weights: Float32Array, bias: Float32Array, out: Picture): void {
  const { data: from, channels: depth } = input;
  const { data: to, channels } = out;
  const places = out.height * out.width;
  for (let channel = 0; channel < channels; channel += BLOCK) {
    const first = channel * depth;
    const second = first + depth;
    const third = second + depth;
    const fourth = third + depth;
    const b0 = bias[channel] as number;
    const b1 = bias[channel + 1] as number;
    const b2 = bias[channel + 2] as number;
    const b3 = bias[channel + 3] as number;
    for (let place = 0; place < places; place += 2) {
      const source = place * depth;
      // The last of an odd number is computed twice.
      const other = place + 1 < places ? source + depth : source;
      let s0 = b0;
      let s1 = b1;
      let s2 = b2;
      let s3 = b3;
      let o0 = b0;
      let o1 = b1;
      let o2 = b2;
      let o3 = b3;
      for (let index = 0; index < depth; index++) {
        const here = from[source + index] as number;
        const there = from[other + index] as number;
        const w0 = weights[first + index] as number;
        const w1 = weights[second + index] as number;
        const w2 = weights[third + index] as number;
        const w3 = weights[fourth + index] as number;
        s0 += here * w0;
        s1 += here * w1;
        s2 += here * w2;
        s3 += here * w3;
        o0 += there * w0;
        o1 += there * w1;
        o2 += there * w2;
        o3 += there * w3;
      }
      const target = place * channels + channel;
      to[target] = s0;
      to[target + 1] = s1;
      to[target + 2] = s2;
      to[target + 3] = s3;
      if (place + 1 === places) break;
      to[target + channels] = o0;
      to[target + channels + 1] = o1;
      to[target + channels + 2] = o2;
      to[target + channels + 3] = o3;
    }
  }
}

/** What lies outside the picture counts as 0; as much of it before as behind, or one less. */
function before(size: number, out: number, kernel: number, stride: number): number {
  return Math.max((out - 1) * stride + kernel - size, 0) >> 1;
}

/** The places that a layer looks at around one: what of them lies in the picture. */
class Taps {
  readonly sources: Int32Array;
  readonly weights: Int32Array;
  count = 0;
  private readonly top: number;
  private readonly left: number;
  private readonly input: Picture;
  private readonly kernel: number;
  private readonly stride: number;

  constructor(input: Picture, kernel: number, stride: number, out: Picture) {
    this.input = input;
    this.kernel = kernel;
    this.stride = stride;
    this.sources = new Int32Array(kernel * kernel);
    this.weights = new Int32Array(kernel * kernel);
    this.top = before(input.height, out.height, kernel, stride);
    this.left = before(input.width, out.width, kernel, stride);
  }

  around(x: number, y: number): void {
    const { height, width, channels } = this.input;
    this.count = 0;
    for (let ky = 0; ky < this.kernel; ky++) {
      const row = y * this.stride - this.top + ky;
      if (row < 0 || row >= height) continue;
      for (let kx = 0; kx < this.kernel; kx++) {
        const column = x * this.stride - this.left + kx;
        if (column < 0 || column >= width) continue;
        this.sources[this.count] = (row * width + column) * channels;
        this.weights[this.count++] = (ky * this.kernel + kx) * channels;
      }
    }
  }
}

/** Looks at `kernel` × `kernel` places around each: they are laid side by side, and are one place of a matrix then. */
export function convolution(input: Picture, weights: Float32Array, bias: Float32Array, kernel: number, stride: number, out: Picture): () => void {
  const { data: from, channels: depth } = input;
  const taps = new Taps(input, kernel, stride, out);
  const channels = kernel * kernel * depth;
  const side: Picture = { height: out.height, width: out.width, channels, data: new Float32Array(out.height * out.width * channels) };
  return () => {
    // What lies outside stays 0 from the beginning.
    for (let y = 0, target = 0; y < out.height; y++) {
      for (let x = 0; x < out.width; x++, target += channels) {
        taps.around(x, y);
        for (let tap = 0; tap < taps.count; tap++) {
          const source = taps.sources[tap] as number;
          const start = target + (taps.weights[tap] as number);
          for (let index = 0; index < depth; index++) side.data[start + index] = from[source + index] as number;
        }
      }
    }
    pointwise(side, weights, bias, out);
  };
}

/** As a convolution, each channel by itself. */
export function depthwise(input: Picture, weights: Float32Array, bias: Float32Array, kernel: number, stride: number, out: Picture): () => void {
  const { data: from, channels } = input;
  const { data: to } = out;
  const taps = new Taps(input, kernel, stride, out);
  return () => {
    for (let y = 0, target = 0; y < out.height; y++) {
      for (let x = 0; x < out.width; x++, target += channels) {
        taps.around(x, y);
        for (let channel = 0; channel < channels; channel++) to[target + channel] = bias[channel] as number;
        let tap = 0;
        // Three at a time: what is summed is loaded and stored a third as often.
        for (; tap + 2 < taps.count; tap += 3) {
          const [s0, s1, s2] = [taps.sources[tap] as number, taps.sources[tap + 1] as number, taps.sources[tap + 2] as number];
          const [w0, w1, w2] = [taps.weights[tap] as number, taps.weights[tap + 1] as number, taps.weights[tap + 2] as number];
          for (let channel = 0; channel < channels; channel++) {
            to[target + channel] =
              (to[target + channel] as number) +
              (from[s0 + channel] as number) * (weights[w0 + channel] as number) +
              (from[s1 + channel] as number) * (weights[w1 + channel] as number) +
              (from[s2 + channel] as number) * (weights[w2 + channel] as number);
          }
        }
        for (; tap < taps.count; tap++) {
          const source = taps.sources[tap] as number;
          const weight = taps.weights[tap] as number;
          for (let channel = 0; channel < channels; channel++) {
            to[target + channel] = (to[target + channel] as number) + (from[source + channel] as number) * (weights[weight + channel] as number);
          }
        }
      }
    }
  };
}

/** Each place becomes `kernel` × `kernel` places of one channel. */
export function transposed(input: Picture, weights: Float32Array, bias: Float32Array, kernel: number, out: Picture): void {
  const { data: from, channels: depth, height, width } = input;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const source = (y * width + x) * depth;
      for (let k = 0; k < kernel * kernel; k++) {
        let sum = bias[0] as number;
        for (let index = 0; index < depth; index++) sum += (from[source + index] as number) * (weights[k * depth + index] as number);
        const row = y * kernel + Math.floor(k / kernel);
        out.data[row * out.width + x * kernel + (k % kernel)] = sum;
      }
    }
  }
}

/** Larger, by what lies between (the centres of places match, not the corners). */
export function resize(input: Picture, out: Picture): void {
  const { data: from, channels, height, width } = input;
  const { data: to } = out;
  for (let y = 0, target = 0; y < out.height; y++) {
    const [above, below, down] = between(y, height, out.height);
    for (let x = 0; x < out.width; x++) {
      const [near, far, right] = between(x, width, out.width);
      const a = (above * width + near) * channels;
      const b = (above * width + far) * channels;
      const c = (below * width + near) * channels;
      const d = (below * width + far) * channels;
      for (let channel = 0; channel < channels; channel++) {
        const high = mix(from[a + channel] as number, from[b + channel] as number, right);
        const low = mix(from[c + channel] as number, from[d + channel] as number, right);
        to[target++] = mix(high, low, down);
      }
    }
  }
}

function between(place: number, size: number, out: number): readonly [number, number, number] {
  const at = Math.max(((place + 0.5) * size) / out - 0.5, 0);
  const first = Math.min(Math.floor(at), size - 1);
  return [first, Math.min(first + 1, size - 1), at - first];
}

function mix(one: number, other: number, share: number): number {
  return one + (other - one) * share;
}

/** The mean of each channel over the whole picture. */
export function mean(input: Picture, out: Picture): void {
  const { data: from, channels } = input;
  const places = from.length / channels;
  for (let channel = 0; channel < channels; channel++) {
    let sum = 0;
    for (let at = channel; at < from.length; at += channels) sum += from[at] as number;
    out.data[channel] = sum / places;
  }
}

export function add(one: Float32Array, other: Float32Array, out: Float32Array): void {
  for (let at = 0; at < out.length; at++) out[at] = (one[at] as number) + (other[at] as number);
}

/** By another picture, or by one number for each channel. */
export function multiply(one: Float32Array, other: Float32Array, out: Float32Array): void {
  const { length } = other;
  for (let start = 0; start < out.length; start += length) {
    for (let at = 0; at < length; at++) out[start + at] = (one[start + at] as number) * (other[at] as number);
  }
}

export function relu(input: Float32Array, out: Float32Array): void {
  for (let at = 0; at < out.length; at++) out[at] = Math.max(input[at] as number, 0);
}

export function hardSwish(input: Float32Array, out: Float32Array): void {
  for (let at = 0; at < out.length; at++) {
    const value = input[at] as number;
    out[at] = (value * Math.min(Math.max(value + 3, 0), 6)) / 6;
  }
}

export function logistic(input: Float32Array, out: Float32Array): void {
  for (let at = 0; at < out.length; at++) out[at] = 1 / (1 + Math.exp(-(input[at] as number)));
}
