// A throw-away `conclave serve` on free ports with a data directory of its own.
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync, createWriteStream } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { SHIPPED } from "./bundles.mjs";

const program = process.env.CONCLAVE_PROGRAM;
if (!program) throw new Error("CONCLAVE_PROGRAM must name the built program; ./test sets it");

// A debug build on a busy machine is up within a second or two.
const START_MS = 60_000;

export class Server {
  // The bundle is named, for a debug build of another checkout in the same target folder reads the bundle of that one.
  static async start({ data = mkdtempSync(join(tmpdir(), "conclave-data-")), listen = "127.0.0.1:0", mediaListen = "127.0.0.1:0", args = [], bundle = SHIPPED } = {}) {
    const server = new Server();
    server.data = data;
    server.log = join(data, "server.log");
    server.facts = {};
    server.process = spawn(
      program,
      ["serve", "--data", data, "--listen", listen, "--media-listen", mediaListen, ...args],
      { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, CONCLAVE_TEST_BUNDLE: bundle } },
    );
    server.process.stderr.pipe(createWriteStream(server.log, { flags: "a" }));
    const lines = createInterface({ input: server.process.stdout });
    await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no "ready:" within ${START_MS} ms`)), START_MS);
      lines.on("line", (line) => {
        const [, name, value] = /^(\w+): (.*)$/.exec(line) ?? [];
        if (name) server.facts[name] = value;
        if (name === "ready") {
          clearTimeout(timer);
          resolve();
        }
      });
      server.process.once("exit", (code) => reject(new Error(`the server ended at once (${code}); see ${server.log}`)));
    });
    // The invitation of a first start comes with or right before "ready".
    server.url = server.facts.ready;
    return server;
  }

  async invite(email, name) {
    const args = ["admin", "invite", "--data", this.data, ...(name ? ["--name", name] : []), email];
    const { stdout } = await promisify(execFile)(program, args);
    return /^invitation: (.*)$/m.exec(stdout)[1];
  }

  async stop(signal = "SIGTERM") {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      const gone = new Promise((resolve) => this.process.once("exit", resolve));
      this.process.kill(signal);
      await gone;
    }
  }

  async remove() {
    await this.stop("SIGKILL");
    rmSync(this.data, { recursive: true, force: true });
  }
}
