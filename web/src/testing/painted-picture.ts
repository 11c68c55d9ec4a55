/** A picture for mode `fake`: hills under a sky. */
export async function paintedPicture(width = 960, height = 640): Promise<Blob> {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  if (context) {
    const sky = context.createLinearGradient(0, 0, 0, height);
    sky.addColorStop(0, "#7fb2e5");
    sky.addColorStop(1, "#fbe3c0");
    context.fillStyle = sky;
    context.fillRect(0, 0, width, height);
    for (const [index, colour] of ["#6f8f7a", "#4f7560", "#2f5848"].entries()) {
      context.fillStyle = colour;
      context.beginPath();
      context.moveTo(0, height);
      for (let x = 0; x <= width; x += 8) context.lineTo(x, height * (0.55 + index * 0.12) + Math.sin(x / (90 + index * 40) + index) * 40);
      context.lineTo(width, height);
      context.fill();
    }
  }
  const blob = await new Promise<Blob | null>((resolve) => {
    canvas.toBlob(resolve, "image/png");
  });
  return blob ?? new Blob();
}
