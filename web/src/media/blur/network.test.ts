import file from "@mediapipe/selfie_segmentation/selfie_segmentation_landscape.tflite?inline";
import { expect, test } from "vitest";
import { Network } from "./network";
import { smear } from "./smear";
import { readModel } from "./tflite";

const bytes = Uint8Array.from(atob(file.replace(/^data:[^,]*,/, "")), (letter) => letter.charCodeAt(0)).buffer;

type Colour = readonly [number, number, number];

const WALL: Colour = [0.45, 0.5, 0.55];
const SKIN: Colour = [0.85, 0.65, 0.55];
const HAIR: Colour = [0.2, 0.14, 0.1];
const SHIRT: Colour = [0.25, 0.3, 0.5];

/** Head and shoulders before a wall, each place a share of the height away from the middle. */
function portrait(x: number, y: number): Colour {
  const within = (cx: number, cy: number, rx: number, ry: number): boolean => ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 < 1;
  for (const eye of [-0.055, 0.055]) if (within(eye, -0.13, 0.02, 0.012)) return HAIR;
  if (within(0, -0.02, 0.05, 0.012)) return [0.7, 0.35, 0.35];
  if (within(0, -0.1, 0.13, 0.17)) return y < -0.19 ? HAIR : SKIN;
  if (within(0, -0.15, 0.16, 0.17)) return HAIR;
  if (Math.abs(x) < 0.07 && y > 0 && y < 0.2) return SKIN;
  return within(0, 0.55, 0.36, 0.42) ? SHIRT : WALL;
}

test("a painted person is told from the wall", () => {
  const network = new Network(readModel(bytes));
  const { width, height, data } = network.input;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data.set(portrait((x - width / 2) / height, (y - height / 2) / height), (y * width + x) * 3);
  }
  network.run();
  const at = (x: number, y: number): number => network.output.data[Math.round((y + 0.5) * height) * width + Math.round(x * height + width / 2)] ?? -1;
  for (const [x, y] of [[0, -0.1], [0, 0.3], [-0.15, 0.4], [0.15, 0.4]] as const) expect(at(x, y), `the person at ${String(x)}, ${String(y)}`).toBeGreaterThan(0.7);
  for (const [x, y] of [[-0.7, 0], [0.7, 0], [0.6, -0.4], [-0.4, -0.3]] as const) expect(at(x, y), `the wall at ${String(x)}, ${String(y)}`).toBeLessThan(0.1);
});

test("a model that is cut off, or is none, is refused", () => {
  expect(() => readModel(bytes.slice(0, 1_000))).toThrow();
  expect(() => readModel(new ArrayBuffer(64))).toThrow();
});

test("smearing spreads what there is, and loses none of it", () => {
  const [width, height] = [41, 31];
  const picture = new Float32Array(width * height * 4);
  const middle = (15 * width + 20) * 4;
  picture.fill(100, middle, middle + 4);
  smear(picture, width, height, 3);
  const of = (channel: number): number[] => Array.from(picture).filter((_, at) => at % 4 === channel);
  for (const channel of [0, 1, 2, 3]) {
    expect(of(channel).reduce((sum, value) => sum + value, 0)).toBeCloseTo(100, 1);
    expect(Math.max(...of(channel))).toBeLessThan(3);
  }
  expect(picture[middle], "most is where it was").toBe(Math.max(...of(0)));
});

test("an even picture stays as it is, up to its edges", () => {
  const picture = new Float32Array(20 * 10 * 4).fill(7);
  smear(picture, 20, 10, 4);
  for (const value of picture) expect(value).toBeCloseTo(7, 3);
});
