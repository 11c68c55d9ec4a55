/** Computes a network; the memory for it is taken once. */
import { add, BLOCK, convolution, depthwise, hardSwish, logistic, mean, multiply, pointwise, relu, resize, transposed, type Picture } from "./layers";
import type { Layer, Model } from "./tflite";

export class Network {
  /** The picture that goes in: red, green and blue from 0 to 1. */
  readonly input: Picture;
  /** What comes out. */
  readonly output: Picture;
  private readonly steps: readonly (() => void)[];

  constructor(model: Model) {
    const pictures = model.tensors.map(({ shape, constant }) => {
      const [, height = 1, width = 1, channels = 1] = shape;
      return { height, width, channels, data: constant ?? new Float32Array(elements(shape)) };
    });
    const picture = (index: number | undefined): Picture => {
      const found = pictures[index ?? -1];
      if (!found) throw new Error("a layer of nothing");
      return found;
    };
    this.input = picture(model.input);
    this.output = picture(model.output);
    this.steps = model.layers.map((layer) => step(layer, picture));
  }

  run(): void {
    for (const each of this.steps) each();
  }
}

function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function step({ kind, inputs, output, stride }: Layer, picture: (index: number | undefined) => Picture): () => void {
  const one = picture(inputs[0]);
  const out = picture(output);
  const other = inputs.length > 1 ? picture(inputs[1]) : one;
  const bias = inputs.length > 2 ? picture(inputs[2]).data : new Float32Array(out.channels);
  const { data: weights, height: kernel } = other;
  switch (kind) {
    case "convolution":
      if (out.channels % BLOCK !== 0) throw new Error(`${String(out.channels)} channels`);
      if (kernel === 1 && stride === 1) return () => pointwise(one, weights, bias, out);
      return convolution(one, weights, bias, kernel, stride, out);
    case "depthwise":
      return depthwise(one, weights, bias, kernel, stride, out);
    case "transposed":
      return () => transposed(one, weights, bias, kernel, out);
    case "resize":
      return () => resize(one, out);
    case "mean":
      return () => mean(one, out);
    case "add":
      return () => add(one.data, other.data, out.data);
    case "multiply":
      return () => multiply(one.data, other.data, out.data);
    case "relu":
      return () => relu(one.data, out.data);
    case "hard_swish":
      return () => hardSwish(one.data, out.data);
    case "logistic":
      return () => logistic(one.data, out.data);
  }
}
