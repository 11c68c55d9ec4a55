// Fails where a bundle holds what only builds for acceptance tests may: a leak, or a tap on the media. Such a build
// comes from a `VITE_TEST_…` variable in the environment, and must never be handed out.
import { readFile, readdir } from "node:fs/promises";
import path from "node:path";

const folder = process.argv[2] ?? "dist";
const marks = ["conclave-leaks", "frameTaps"];

for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !entry.name.endsWith(".js")) continue;
  const file = path.join(entry.parentPath, entry.name);
  const script = await readFile(file, "utf8");
  const found = marks.filter((mark) => script.includes(mark));
  if (found.length > 0) {
    console.error(`${file} is of a build for tests: ${found.join(", ")}`);
    process.exitCode = 1;
  }
}
