/** Puts a person before their blurred surroundings. What is behind is drawn from a small, blurred picture alone. */
import { smear } from "./smear";
import type { Network } from "./network";

/** Below the first share of certainty that a place is the person it is background, above the second it is not. */
const EDGE = [0.35, 0.7] as const;

/** Radius of the blur, as a share of the picture's width: faces and writing behind somebody cannot be read. */
const RADIUS = 1 / 28;

export class Composer {
  private readonly network: Network;
  private readonly width: number;
  private readonly height: number;
  /** The frame, as small as the network takes it; later the blurred background. */
  private readonly small: OffscreenCanvasRenderingContext2D;
  private readonly wall: OffscreenCanvasRenderingContext2D;
  private readonly outline: OffscreenCanvasRenderingContext2D;
  private readonly person = new OffscreenCanvas(1, 1);
  private readonly out = new OffscreenCanvas(1, 1);
  private readonly background: Float32Array;
  private readonly shape: ImageData;

  constructor(network: Network) {
    this.network = network;
    ({ width: this.width, height: this.height } = network.input);
    this.small = surface(this.width, this.height, { willReadFrequently: true });
    this.wall = surface(this.width, this.height);
    this.outline = surface(this.width, this.height);
    this.background = new Float32Array(this.width * this.height * 4);
    this.shape = this.outline.createImageData(this.width, this.height);
  }

  /** Of a frame of this size, one that is `most` pixels high at most. It is good until the next. */
  compose(frame: CanvasImageSource, width: number, height: number, most: number): OffscreenCanvas {
    const scale = Math.min(1, most / height);
    const size = { width: even(width * scale), height: even(height * scale) };
    this.small.drawImage(frame, 0, 0, this.width, this.height);
    const image = this.small.getImageData(0, 0, this.width, this.height);
    this.look(image.data);
    this.blur(image);
    this.wall.putImageData(image, 0, 0);
    this.outline.putImageData(this.shape, 0, 0);

    const person = sized(this.person, size);
    person.globalCompositeOperation = "copy";
    person.drawImage(this.outline.canvas, 0, 0, size.width, size.height);
    person.globalCompositeOperation = "source-in";
    person.drawImage(frame, 0, 0, size.width, size.height);
    const out = sized(this.out, size);
    out.imageSmoothingQuality = "high";
    out.drawImage(this.wall.canvas, 0, 0, size.width, size.height);
    out.drawImage(this.person, 0, 0);
    return this.out;
  }

  /** Where the person is, as opacity. */
  private look(colours: Uint8ClampedArray): void {
    const { input, output } = this.network;
    for (let from = 0, to = 0; from < colours.length; from += 4) {
      for (let channel = 0; channel < 3; channel++) input.data[to++] = (colours[from + channel] as number) / 255;
    }
    this.network.run();
    const [low, high] = EDGE;
    for (let place = 0; place < output.data.length; place++) {
      const share = Math.min(Math.max(((output.data[place] as number) - low) / (high - low), 0), 1);
      this.shape.data[place * 4 + 3] = 255 * share * share * (3 - 2 * share);
    }
  }

  /** Blurs the background, of which the person is no part: nobody has a glow of their own colour. */
  private blur(image: ImageData): void {
    const { background, shape, width, height } = this;
    const { data } = image;
    for (let at = 0; at < data.length; at += 4) {
      const weight = 1 - (shape.data[at + 3] as number) / 255;
      for (let channel = 0; channel < 3; channel++) background[at + channel] = (data[at + channel] as number) * weight;
      background[at + 3] = weight;
    }
    smear(background, width, height, Math.round(width * RADIUS));
    for (let at = 0; at < data.length; at += 4) {
      // Far inside the person there is no background, and nothing of it shows.
      const weight = Math.max(background[at + 3] as number, 1e-3);
      for (let channel = 0; channel < 3; channel++) data[at + channel] = (background[at + channel] as number) / weight;
      data[at + 3] = 255;
    }
  }
}

/** Video encoders want an even number of pixels. */
function even(pixels: number): number {
  return Math.max(2, Math.round(pixels / 2) * 2);
}

function surface(width: number, height: number, settings?: { readonly willReadFrequently: boolean }): OffscreenCanvasRenderingContext2D {
  const context = new OffscreenCanvas(width, height).getContext("2d", settings);
  if (!context) throw new Error("no canvas");
  return context;
}

function sized(canvas: OffscreenCanvas, { width, height }: { readonly width: number; readonly height: number }): OffscreenCanvasRenderingContext2D {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  if (!context) throw new Error("no canvas");
  return context;
}
