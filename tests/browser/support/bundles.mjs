// Builds of the client that only tests see. Each goes to a folder of its own, never to the one that is handed out.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const web = fileURLToPath(new URL("../../../web/", import.meta.url));

export const SHIPPED = join(web, "dist");

// `flags` are the `VITE_TEST_…` variables that the build is made with.
export function buildForTests(flags) {
  return build([], flags);
}

// The page on a core that plays an account, without a server.
export function buildFake() {
  return build(["--mode", "fake"], {});
}

function build(args, flags) {
  const folder = mkdtempSync(join(tmpdir(), "conclave-bundle-"));
  execFileSync(join(web, "node_modules/.bin/vite"), ["build", ...args, "--outDir", folder, "--emptyOutDir", "--logLevel", "error"], {
    cwd: web,
    env: { ...process.env, ...flags },
    stdio: "inherit",
  });
  return folder;
}

// Whether the check that every build to be handed out passes lets this one through.
export function mayBeHandedOut(folder) {
  const check = spawnSync(process.execPath, [join(web, "scripts/no-test-code.mjs"), folder]);
  return check.status === 0;
}

// Whether a script of the bundle contains the text.
export function mentions(folder, text) {
  const scripts = readdirSync(folder, { recursive: true }).map(String).filter((name) => name.endsWith(".js"));
  if (scripts.length === 0) throw new Error(`no bundle in ${folder}`);
  return scripts.some((name) => readFileSync(join(folder, name), "utf8").includes(text));
}
