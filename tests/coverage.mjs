// Prints, for each row of docs/requirements.md, the tests that carry its number: `R31 covered by NAME` or
// `R31 missing`. A test carries a number in its documentation (Rust) or in its title (JavaScript, TypeScript).
import { readFileSync } from "node:fs";
import { execFileSync } from "node:child_process";

const rows = [...readFileSync("docs/requirements.md", "utf8").matchAll(/^\| ([RB]\d+) \|/gm)].map((match) => match[1]);
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { encoding: "utf8" })
  .split("\n")
  .filter((file) => /\.(rs|ts|tsx|mjs)$/.test(file) && !file.includes("/generated/"));

const covered = new Map(rows.map((row) => [row, []]));
for (const file of files) {
  const text = readFileSync(file, "utf8");
  const tests = file.endsWith(".rs") ? rustTests(text) : scriptTests(text);
  for (const { name, words } of tests) {
    for (const number of new Set(words.match(/\b[RB]\d+\b/g) ?? [])) covered.get(number)?.push(name);
  }
}

let missing = 0;
for (const [row, names] of covered) {
  if (names.length === 0) missing += 1;
  console.log(names.length > 0 ? `${row} covered by ${names.join(", ")}` : `${row} missing`);
}
console.log(`${rows.length - missing} of ${rows.length} rows covered`);

// A test function with the documentation comment above it and the attributes between them.
function rustTests(text) {
  const pattern = /((?:^[ \t]*\/\/\/.*\n)+)((?:^[ \t]*#\[.*\n)+)?^[ \t]*(?:async )?fn (\w+)/gm;
  return [...text.matchAll(pattern)]
    .filter((match) => /#\[(tokio::)?test\b/.test(match[2] ?? "") || text.lastIndexOf("proptest!", match.index) >= 0)
    .map((match) => ({ name: match[3], words: match[1] }));
}

function scriptTests(text) {
  const pattern = /\b(?:test|it)\(\s*(["'`])((?:(?!\1).)*)\1/g;
  return [...text.matchAll(pattern)].map((match) => ({ name: `"${match[2]}"`, words: match[2] }));
}
