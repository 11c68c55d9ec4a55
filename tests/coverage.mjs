// Prints, for each row of docs/requirements.md, the tests that carry its number: `R31 covered by NAME` or
// `R31 missing`. Of a row of which a part is still to come (a word like *People* in its last column) it prints what is
// shown so far, and counts it as missing. A test carries a number in its documentation (Rust) or in its title
// (JavaScript, TypeScript).
import { readFileSync } from "node:fs";
import { execFileSync } from "node:child_process";

const rows = [...readFileSync("docs/requirements.md", "utf8").matchAll(/^\| ([RB]\d+) \|.*\| (.*) \|$/gm)];
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { encoding: "utf8" })
  .split("\n")
  .filter((file) => /\.(rs|ts|tsx|mjs)$/.test(file) && !file.includes("/generated/"));

const shown = new Map(rows.map(([, row]) => [row, []]));
for (const file of files) {
  const text = readFileSync(file, "utf8");
  const tests = file.endsWith(".rs") ? [...rustTests(text), ...stories(text)] : scriptTests(text);
  for (const { name, words } of tests) {
    for (const number of new Set(words.match(/\b[RB]\d+\b/g) ?? [])) {
      if (!shown.has(number)) throw new Error(`${file}: ${name} shows ${number}, which is no row`);
      shown.get(number).push(name);
    }
  }
}

let covered = 0;
let begun = 0;
for (const [, row, kept] of rows) {
  const names = shown.get(row).join(", ");
  const rest = [...kept.matchAll(/\*(\w+)\*/g)].map((match) => match[1]).join(", ");
  if (names && !rest) covered += 1;
  if (names && rest) begun += 1;
  if (!names) console.log(`${row} missing`);
  else console.log(rest ? `${row} missing in part, until ${rest}; so far ${names}` : `${row} covered by ${names}`);
}
console.log(`${covered} of ${rows.length} rows covered, ${begun} in part`);

// A test function with the documentation comment above it and the attributes between them.
function rustTests(text) {
  const pattern = /((?:^[ \t]*\/\/\/.*\n)+)((?:^[ \t]*#\[.*\n)+)?^[ \t]*(?:async )?fn (\w+)/gm;
  return [...text.matchAll(pattern)]
    .filter((match) => /#\[(tokio::)?test\b/.test(match[2] ?? "") || text.lastIndexOf("proptest!", match.index) >= 0)
    .map((match) => ({ name: match[3], words: match[1] }));
}

// Tests that a macro makes of stories: `/// R1: … name: stories::path;`.
function stories(text) {
  const pattern = /((?:^[ \t]*\/\/\/.*\n)+)^[ \t]*(\w+): stories::[\w:]+;/gm;
  return [...text.matchAll(pattern)].map((match) => ({ name: match[2], words: match[1] }));
}

function scriptTests(text) {
  const pattern = /\b(?:test|it)\(\s*(["'`])((?:(?!\1).)*)\1/g;
  return [...text.matchAll(pattern)].map((match) => ({ name: `"${match[2]}"`, words: match[2] }));
}
