/** A picture that stands in for a camera, or (`screen`) for a document on a screen. */
export function paintedStream(name: string, kind: "camera" | "screen" = "camera"): MediaStream | null {
  const canvas = document.createElement("canvas");
  canvas.width = 1280;
  canvas.height = 720;
  const brush = canvas.getContext("2d");
  if (!brush) return null;
  const hue = Array.from(name).reduce((sum, character) => sum + (character.codePointAt(0) ?? 0) * 7, 0) % 360;
  const draw = (): void => {
    if (kind === "screen") paintDocument(brush);
    else paintPerson(brush, hue);
  };
  draw();
  setInterval(draw, 200);
  return canvas.captureStream(5);
}

function paintPerson(brush: CanvasRenderingContext2D, hue: number): void {
  const wall = brush.createLinearGradient(0, 0, 1280, 720);
  wall.addColorStop(0, `hsl(${String(hue)} 22% 62%)`);
  wall.addColorStop(1, `hsl(${String(hue + 40)} 26% 34%)`);
  brush.fillStyle = wall;
  brush.fillRect(0, 0, 1280, 720);
  brush.fillStyle = `hsl(${String(hue + 60)} 40% 78% / 0.5)`;
  brush.fillRect(860, 60, 280, 360);
  brush.fillStyle = `hsl(${String(hue + 190)} 30% 26%)`;
  brush.beginPath();
  brush.ellipse(620, 760, 330, 300, 0, 0, Math.PI * 2);
  brush.fill();
  brush.fillStyle = `hsl(${String(20 + (hue % 20))} 45% ${String(48 + (hue % 25))}%)`;
  brush.beginPath();
  brush.ellipse(620, 330, 125, 158, 0, 0, Math.PI * 2);
  brush.fill();
  brush.fillStyle = `hsl(${String(hue + 10)} 25% 16%)`;
  brush.beginPath();
  brush.ellipse(620, 235, 138, 92, 0, Math.PI, Math.PI * 2);
  brush.fill();
}

function paintDocument(brush: CanvasRenderingContext2D): void {
  brush.fillStyle = "#e6e3db";
  brush.fillRect(0, 0, 1280, 720);
  brush.fillStyle = "#ffffff";
  brush.fillRect(260, 40, 760, 680);
  brush.fillStyle = "#1c5f57";
  brush.fillRect(320, 96, 360, 30);
  brush.fillStyle = "#8b9493";
  for (let line = 0; line < 15; line++) brush.fillRect(320, 170 + line * 32, 420 + ((line * 97) % 220), 12);
}
