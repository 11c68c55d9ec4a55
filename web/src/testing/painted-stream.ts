/** A picture that stands in for a camera, or (`screen`) for a document on a screen. */
export function paintedStream(name: string, kind: "camera" | "screen" = "camera"): MediaStream | null {
  const canvas = document.createElement("canvas");
  canvas.width = 1280;
  canvas.height = 720;
  const brush = canvas.getContext("2d");
  if (!brush) return null;
  const look = lookOf(name);
  const draw = (): void => {
    if (kind === "screen") paintDocument(brush);
    else paintPerson(brush, look);
  };
  draw();
  setInterval(draw, 200);
  return canvas.captureStream(5);
}

interface Look {
  readonly hue: number;
  readonly skin: string;
  readonly hair: string;
  readonly cut: number;
  readonly glasses: boolean;
  /** How far from the middle, in pixels. */
  readonly aside: number;
  readonly near: number;
}

const SKINS = ["#f2cfb2", "#dca883", "#8d5b3f", "#e8bd98", "#6b432f", "#c98f66"] as const;
const HAIRS = ["#1d1712", "#4d2f1c", "#b98a42", "#8c8a86", "#6e2f1d", "#2b2320"] as const;

/** The same name looks the same each time; the numbers have no common divisor, so that what is chosen by them differs. */
function lookOf(name: string): Look {
  const number = Array.from(name).reduce((sum, character) => (sum * 31 + (character.codePointAt(0) ?? 0)) % 9973, 7);
  return {
    hue: (number * 47) % 360,
    skin: SKINS[number % SKINS.length] ?? SKINS[0],
    hair: HAIRS[(number >> 2) % HAIRS.length] ?? HAIRS[0],
    cut: (number >> 1) % 4,
    glasses: number % 3 === 0,
    aside: ((number * 13) % 160) - 80,
    near: 0.88 + ((number * 7) % 30) / 100,
  };
}

function paintPerson(brush: CanvasRenderingContext2D, look: Look): void {
  brush.setTransform(1, 0, 0, 1, 0, 0);
  paintRoom(brush, look);
  // From the middle of the face.
  brush.setTransform(look.near, 0, 0, look.near, 640 + look.aside, 350);
  if (look.cut === 1) shape(brush, look.hair, () => brush.roundRect(-165, -150, 330, 420, 120));
  shape(brush, `hsl(${String(look.hue + 190)} 34% 34%)`, () => brush.roundRect(-330, 232, 660, 520, 230));
  shape(brush, look.skin, () => brush.roundRect(-62, 90, 124, 220, 60));
  shape(brush, "rgb(0 0 0 / 14%)", () => brush.ellipse(0, 150, 62, 46, 0, 0, Math.PI * 2));
  shape(brush, look.skin, () => brush.ellipse(0, 0, 138, 172, 0, 0, Math.PI * 2));
  paintHair(brush, look);
  paintFace(brush, look);
  brush.setTransform(1, 0, 0, 1, 0, 0);
}

function paintRoom(brush: CanvasRenderingContext2D, { hue, cut }: Look): void {
  const wall = brush.createLinearGradient(0, 0, 1280, 720);
  wall.addColorStop(0, `hsl(${String(hue)} 20% ${String(58 - cut * 5)}%)`);
  wall.addColorStop(1, `hsl(${String(hue + 30)} 24% 30%)`);
  brush.fillStyle = wall;
  brush.fillRect(0, 0, 1280, 720);
  const left = cut % 2 === 0;
  shape(brush, `hsl(${String(hue + 50)} 45% 84% / 0.65)`, () => brush.roundRect(left ? 90 : 920, 70, 250, 330, 14));
  const shelf = left ? 880 : 70;
  shape(brush, "rgb(0 0 0 / 22%)", () => brush.rect(shelf, 268, 330, 12));
  for (let book = 0; book < 9; book++) {
    const height = 84 + ((book * 37) % 52);
    shape(brush, `hsl(${String(hue + book * 53)} 28% 56% / 0.8)`, () => brush.rect(shelf + 12 + book * 34, 268 - height, 26, height));
  }
}

function paintHair(brush: CanvasRenderingContext2D, { hair, cut }: Look): void {
  shape(brush, hair, () => {
    brush.ellipse(0, -46, 152, 148, 0, Math.PI, Math.PI * 2);
    if (cut === 1) brush.bezierCurveTo(150, 40, 120, -70, 20, -80);
    brush.bezierCurveTo(110, -100, -40, -120, -152, -46);
  });
  if (cut === 2) shape(brush, hair, () => brush.ellipse(0, -214, 62, 54, 0, 0, Math.PI * 2));
  if (cut === 3) shape(brush, hair, () => brush.roundRect(-116, 66, 232, 118, [20, 20, 110, 110]));
}

function paintFace(brush: CanvasRenderingContext2D, { glasses, cut }: Look): void {
  brush.strokeStyle = "#2a1d17";
  brush.lineCap = "round";
  for (const side of [-54, 54]) {
    shape(brush, "#231812", () => brush.ellipse(side, 2, 11, 13, 0, 0, Math.PI * 2));
    stroke(brush, 8, () => brush.arc(side, -2, 36, Math.PI * 1.25, Math.PI * 1.75));
    if (glasses) stroke(brush, 6, () => brush.ellipse(side, 4, 44, 38, 0, 0, Math.PI * 2));
  }
  if (glasses) stroke(brush, 6, () => brush.arc(0, 10, 12, Math.PI * 1.15, Math.PI * 1.85));
  brush.strokeStyle = cut === 3 ? "#d98f86" : "#9c4a40";
  stroke(brush, 11, () => brush.arc(0, 56, 48, Math.PI * 0.2, Math.PI * 0.8));
}

function shape(brush: CanvasRenderingContext2D, colour: string, draw: () => void): void {
  brush.fillStyle = colour;
  brush.beginPath();
  draw();
  brush.fill();
}

function stroke(brush: CanvasRenderingContext2D, width: number, draw: () => void): void {
  brush.lineWidth = width;
  brush.beginPath();
  draw();
  brush.stroke();
}

/** A page of plans: a title, a chart, text. */
function paintDocument(brush: CanvasRenderingContext2D): void {
  shape(brush, "#e6e3db", () => brush.rect(0, 0, 1280, 720));
  shape(brush, "#ffffff", () => brush.rect(120, 40, 1040, 680));
  brush.fillStyle = "#1b2321";
  brush.font = "600 44px system-ui, sans-serif";
  brush.fillText("Second draft: the harbour map", 180, 124);
  brush.fillStyle = "#55605c";
  brush.font = "24px system-ui, sans-serif";
  brush.fillText("Visitors a day, before and after", 180, 168);
  for (let bar = 0; bar < 7; bar++) {
    const before = 60 + ((bar * 53) % 90);
    const after = before + 40 + ((bar * 31) % 70);
    shape(brush, "#d9d5ca", () => brush.rect(190 + bar * 66, 470 - before, 24, before));
    shape(brush, "#1c5f57", () => brush.rect(216 + bar * 66, 470 - after, 24, after));
  }
  shape(brush, "#858a85", () => brush.rect(180, 470, 480, 3));
  for (let line = 0; line < 9; line++) shape(brush, "#b9beba", () => brush.rect(720, 230 + line * 28, 250 + ((line * 97) % 130), 10));
  for (let line = 0; line < 5; line++) shape(brush, "#b9beba", () => brush.rect(180, 530 + line * 30, 640 + ((line * 97) % 260), 10));
}
