/** How often a box is drawn over the picture: three times come close to a Gauss curve. */
const ROUNDS = 3;

const CHANNELS = 4;

/** Blurs a picture of four channels, in place: each value becomes the mean of those up to `radius` places away, three times. */
export function smear(picture: Float32Array, width: number, height: number, radius: number): void {
  const line = new Float32Array(Math.max(width, height));
  for (let round = 0; round < ROUNDS; round++) {
    for (let channel = 0; channel < CHANNELS; channel++) {
      for (let y = 0; y < height; y++) along(picture, y * width * CHANNELS + channel, CHANNELS, width, radius, line);
      for (let x = 0; x < width; x++) along(picture, x * CHANNELS + channel, width * CHANNELS, height, radius, line);
    }
  }
}

/** One row or column. Beyond its ends it goes on as it ends. */
function along(picture: Float32Array, start: number, stride: number, length: number, radius: number, line: Float32Array): void {
  for (let place = 0; place < length; place++) line[place] = picture[start + place * stride] as number;
  const first = line[0] as number;
  const last = line[length - 1] as number;
  const span = 2 * radius + 1;
  let sum = first * (radius + 1);
  for (let place = 1; place <= radius; place++) sum += place < length ? (line[place] as number) : last;
  for (let place = 0; place < length; place++) {
    picture[start + place * stride] = sum / span;
    const next = place + radius + 1;
    const gone = place - radius;
    sum += (next < length ? (line[next] as number) : last) - (gone > 0 ? (line[gone] as number) : first);
  }
}
