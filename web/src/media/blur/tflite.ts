/**
 * Reads a network from a TensorFlow Lite file (FlatBuffers, schema 3): as much of the format as the person's outline needs,
 * with floats of 32 or 16 bits. A file that ends too early or holds something else throws.
 *
 * Source: `tensorflow/compiler/mlir/lite/schema/schema.fbs`.
 */

/** What a layer does; the file's numbers of it. */
const KINDS = {
  0: "add",
  3: "convolution",
  4: "depthwise",
  6: "widen",
  14: "logistic",
  18: "multiply",
  19: "relu",
  23: "resize",
  32: "custom",
  40: "mean",
  117: "hard_swish",
} as const;

/** The one custom layer there is: a transposed convolution with a bias. */
const TRANSPOSED = "Convolution2DTransposeBias";

export type LayerKind = Exclude<(typeof KINDS)[keyof typeof KINDS], "custom" | "widen"> | "transposed";

export interface Tensor {
  /** Batch (1), height, width, channels. */
  readonly shape: readonly number[];
  /** Weights, which the file holds; null for what is computed. */
  readonly constant: Float32Array | null;
}

export interface Layer {
  readonly kind: LayerKind;
  readonly inputs: readonly number[];
  readonly output: number;
  /** How far apart the places are at which a convolution looks. */
  readonly stride: number;
}

export interface Model {
  readonly tensors: readonly Tensor[];
  /** In the order in which they are computed. */
  readonly layers: readonly Layer[];
  readonly input: number;
  readonly output: number;
}

const HALF = 1;

export function readModel(bytes: ArrayBuffer): Model {
  const file = new Tables(bytes);
  const root = file.follow(0);
  const operators = file.vector(root, 1).map((at) => {
    const code = file.follow(at);
    // Newer files have the number in a wider field too.
    return { number: Math.max(file.byte(code, 0), file.int(code, 3)), custom: file.text(code, 1) };
  });
  const [graph] = file.vector(root, 2).map((at) => file.follow(at));
  if (graph === undefined) throw new Error("no graph in the model");
  const buffers = file.vector(root, 4).map((at) => file.follow(at));
  const raw = file.vector(graph, 0).map((at) => {
    const tensor = file.follow(at);
    const buffer = buffers[file.int(tensor, 2)];
    const data = buffer === undefined ? new DataView(bytes, 0, 0) : file.data(buffer, 0);
    return { shape: file.ints(tensor, 0), half: file.byte(tensor, 1) === HALF, data };
  });
  const constants: (Float32Array | null)[] = raw.map(({ half, data }) => (data.byteLength === 0 || half ? null : floats(data)));

  const layers: Layer[] = [];
  for (const at of file.vector(graph, 3)) {
    const operator = file.follow(at);
    const { number, custom } = operators[file.int(operator, 0)] ?? { number: -1, custom: "" };
    const kind = number in KINDS ? KINDS[number as keyof typeof KINDS] : null;
    const inputs = file.ints(operator, 1);
    const output = only(file.ints(operator, 2));
    if (kind === null || (kind === "custom" && custom !== TRANSPOSED)) throw new Error(`unknown layer ${String(number)} ${custom}`);
    if (kind === "widen") {
      constants[output] = halves(raw[only(inputs)]?.data ?? new DataView(bytes, 0, 0));
      continue;
    }
    const strided = kind === "convolution" || kind === "depthwise";
    const stride = strided ? file.int(file.table(operator, 4), 1) : 1;
    layers.push({ kind: kind === "custom" ? "transposed" : kind, inputs, output, stride });
  }
  return {
    tensors: raw.map(({ shape }, index) => ({ shape, constant: constants[index] ?? null })),
    layers,
    input: only(file.ints(graph, 1)),
    output: only(file.ints(graph, 2)),
  };
}

function only(numbers: readonly number[]): number {
  const [first] = numbers;
  if (first === undefined || numbers.length !== 1) throw new Error("one tensor was expected");
  return first;
}

function floats(data: DataView): Float32Array {
  return Float32Array.from({ length: data.byteLength >> 2 }, (_, index) => data.getFloat32(index * 4, true));
}

/** IEEE 754 binary16, which not every browser can read by itself. */
function halves(data: DataView): Float32Array {
  return Float32Array.from({ length: data.byteLength >> 1 }, (_, index) => {
    const bits = data.getUint16(index * 2, true);
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    const size = exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25);
    return bits & 0x8000 ? -size : size;
  });
}

/** FlatBuffers: tables point to their fields by a table of offsets. An absent field is 0. */
class Tables {
  private readonly view: DataView;

  constructor(bytes: ArrayBuffer) {
    this.view = new DataView(bytes);
  }

  follow(at: number): number {
    return at + this.view.getUint32(at, true);
  }

  byte(table: number, field: number): number {
    const at = this.field(table, field);
    return at === 0 ? 0 : this.view.getInt8(at);
  }

  int(table: number, field: number): number {
    const at = this.field(table, field);
    return at === 0 ? 0 : this.view.getInt32(at, true);
  }

  table(table: number, field: number): number {
    const at = this.field(table, field);
    if (at === 0) throw new Error("a layer without settings");
    return this.follow(at);
  }

  /** Where the elements stand, each four bytes long. */
  vector(table: number, field: number): number[] {
    const at = this.field(table, field);
    if (at === 0) return [];
    const start = this.follow(at);
    return Array.from({ length: this.view.getUint32(start, true) }, (_, index) => start + 4 + 4 * index);
  }

  ints(table: number, field: number): number[] {
    return this.vector(table, field).map((at) => this.view.getInt32(at, true));
  }

  data(table: number, field: number): DataView {
    const at = this.field(table, field);
    if (at === 0) return new DataView(this.view.buffer, 0, 0);
    const start = this.follow(at);
    return new DataView(this.view.buffer, start + 4, this.view.getUint32(start, true));
  }

  text(table: number, field: number): string {
    return new TextDecoder().decode(this.data(table, field));
  }

  private field(table: number, field: number): number {
    const offsets = table - this.view.getInt32(table, true);
    const at = 4 + 2 * field;
    if (at >= this.view.getUint16(offsets, true)) return 0;
    const offset = this.view.getUint16(offsets + at, true);
    return offset === 0 ? 0 : table + offset;
  }
}
