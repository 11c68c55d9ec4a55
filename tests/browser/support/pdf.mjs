// A small PDF, made by hand: one line of text on each page.
export function pdf(lines, { more = "", encrypt = "", size = [300, 400] } = {}) {
  const objects = [];
  const pages = lines.map((_, index) => `${4 + 2 * index} 0 R`).join(" ");
  objects[1] = `<< /Type /Catalog /Pages 2 0 R ${more} >>`;
  objects[2] = `<< /Type /Pages /Kids [${pages}] /Count ${lines.length} >>`;
  objects[3] = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>";
  for (const [index, line] of lines.entries()) {
    const content = line === "" ? "1 0 0 rg 50 50 100 100 re f" : `BT /F1 24 Tf 40 300 Td (${line}) Tj ET 0 0 1 rg 50 50 100 100 re f`;
    objects[4 + 2 * index] = `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${size.join(" ")}] /Resources << /Font << /F1 3 0 R >> >> /Contents ${5 + 2 * index} 0 R >>`;
    objects[5 + 2 * index] = `<< /Length ${content.length} >>\nstream\n${content}\nendstream`;
  }
  let text = "%PDF-1.7\n";
  const places = objects.map((object, number) => {
    const place = text.length;
    text += `${number} 0 obj\n${object}\nendobj\n`;
    return place;
  });
  const start = text.length;
  const rows = places.slice(1).map((place) => `${String(place).padStart(10, "0")} 00000 n \n`);
  text += `xref\n0 ${objects.length}\n0000000000 65535 f \n${rows.join("")}trailer\n<< /Size ${objects.length} /Root 1 0 R ${encrypt} >>\nstartxref\n${start}\n%%EOF\n`;
  return Buffer.from(text, "latin1");
}
