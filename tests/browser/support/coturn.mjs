// A TURN server on this machine, as operators run it beside Conclave.
import { spawn, spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** Why tests that need it are skipped, or nothing where it is there. */
export const missing = spawnSync("turnserver", ["--help"]).error ? "coturn is not installed (Debian: apt-get install coturn)" : undefined;

export class Coturn {
  static async start(secret) {
    const coturn = new Coturn();
    coturn.folder = mkdtempSync(join(tmpdir(), "conclave-coturn-"));
    coturn.secret = secret;
    coturn.port = await freePort();
    const config = join(coturn.folder, "turnserver.conf");
    const lines = [
      "listening-ip=127.0.0.1",
      "relay-ip=127.0.0.1",
      `listening-port=${coturn.port}`,
      "use-auth-secret",
      `static-auth-secret=${secret}`,
      "realm=turn.example.org",
      // The media server of a test is on the same machine.
      "allow-loopback-peers",
      "no-cli",
      "no-tls",
      "no-dtls",
      "log-file=stdout",
      "verbose",
      `pidfile=${join(coturn.folder, "pid")}`,
      `userdb=${join(coturn.folder, "turndb")}`,
    ];
    writeFileSync(config, lines.join("\n"));
    coturn.process = spawn("turnserver", ["-c", config], { stdio: ["ignore", "pipe", "ignore"] });
    coturn.lines = [];
    await new Promise((resolve, reject) => {
      createInterface({ input: coturn.process.stdout }).on("line", (line) => {
        coturn.lines.push(line);
        // It says so for each protocol; UDP is the last.
        if (line.includes("UDP listener opened on")) resolve();
      });
      coturn.process.once("exit", () => reject(new Error(`coturn ended: ${coturn.lines.join("\n")}`)));
    });
    return coturn;
  }

  get url() {
    return `turn:127.0.0.1:${this.port}?transport=udp`;
  }

  async stop() {
    const gone = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.kill("SIGKILL");
    await gone;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function freePort() {
  const socket = createSocket("udp4");
  await new Promise((resolve) => socket.bind(0, "127.0.0.1", resolve));
  const { port } = socket.address();
  await new Promise((resolve) => socket.close(resolve));
  return port;
}
