// Files that stand in for cameras and microphones: each person has a colour and a tone of their own.
import { writeFileSync } from "node:fs";

const WIDTH = 640;
const HEIGHT = 360;
const FRAMES = 30;
const RATE = 48_000;

// Y4M, 4:2:0: a plain field of the colour, across which a dark bar moves, so that pixels change. A busy picture has
// grain too, of which encoders make as many bits as they may.
export function writeCamera(file, [red, green, blue], { busy = false } = {}) {
  const luma = clamp(0.257 * red + 0.504 * green + 0.098 * blue + 16);
  const cb = clamp(-0.148 * red - 0.291 * green + 0.439 * blue + 128);
  const cr = clamp(0.439 * red - 0.368 * green - 0.071 * blue + 128);
  const chroma = (WIDTH / 2) * (HEIGHT / 2);
  const parts = [Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F15:1 Ip A1:1 C420jpeg\n`)];
  for (let frame = 0; frame < FRAMES; frame += 1) {
    const y = Buffer.alloc(WIDTH * HEIGHT, luma);
    const left = Math.floor((frame * WIDTH) / FRAMES);
    for (let row = 0; row < HEIGHT; row += 1) y.fill(40, row * WIDTH + left, row * WIDTH + Math.min(left + 40, WIDTH));
    if (busy) for (let at = 0, grain = frame + 1; at < y.length; at += 1) {
      grain = (Math.imul(grain, 1_103_515_245) + 12_345) >>> 0;
      y[at] += (grain >>> 28) - 8;
    }
    parts.push(Buffer.from("FRAME\n"), y, Buffer.alloc(chroma, cb), Buffer.alloc(chroma, cr));
  }
  writeFileSync(file, Buffer.concat(parts));
}

// WAV, 16 bit mono: two seconds of a tone; or of something like words, which a browser does not suppress as noise after a
// while.
export function writeMicrophone(file, hertz, { words = false } = {}) {
  const samples = RATE * 2;
  const data = Buffer.alloc(samples * 2);
  for (let index = 0; index < samples; index += 1) {
    const sample = words ? voice(hertz / 4, index / RATE) : Math.sin((2 * Math.PI * hertz * index) / RATE);
    data.writeInt16LE(Math.round(12_000 * sample), index * 2);
  }
  const header = Buffer.alloc(44);
  header.write("RIFF", 0);
  header.writeUInt32LE(36 + data.length, 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(RATE, 24);
  header.writeUInt32LE(RATE * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36);
  header.writeUInt32LE(data.length, 40);
  writeFileSync(file, Buffer.concat([header, data]));
}

// Syllables of a pitch that goes up and down, with overtones, and a pause behind them.
function voice(pitch, second) {
  if (second > 1.5) return 0;
  const phase = 2 * Math.PI * (pitch * second + 2 * Math.sin(2 * Math.PI * second));
  const overtones = [1, 2, 3, 4, 5, 6].reduce((sum, n) => sum + Math.sin(n * phase) / n, 0);
  return (overtones / 2) * Math.sin(2 * Math.PI * 2 * second) ** 2;
}

const clamp = (value) => Math.max(0, Math.min(255, Math.round(value)));
