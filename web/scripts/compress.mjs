// Writes a `.gz` beside every text-like file of the bundle, so that the server compresses nothing at run time.
import { readFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";

const folder = process.argv[2] ?? "dist";
const kinds = new Set([".html", ".js", ".css", ".wasm", ".svg", ".webmanifest", ".json", ".txt"]);

for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !kinds.has(path.extname(entry.name))) continue;
  const file = path.join(entry.parentPath, entry.name);
  await writeFile(`${file}.gz`, gzipSync(await readFile(file), { level: 9 }));
}
