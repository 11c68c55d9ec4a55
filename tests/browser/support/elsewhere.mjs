// A network beside this one, in which a browser can run, with a link of which the address changes as when a laptop goes from
// one network to another. Must itself run in a network that ends with it: scripts/own-network.sh.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CHROMIUM } from "./person.mjs";

/** The server's end of the link, and where the client's addresses begin. */
export const SERVER = "10.78.0.1";
const CLIENT = (number) => `10.78.0.${10 + number}`;

const ip = (...args) => execFileSync("ip", args);

export class Elsewhere {
  number = 0;

  static async open() {
    const elsewhere = new Elsewhere();
    // It says a word once it is in its own network, and ends with the input.
    elsewhere.holder = spawn("unshare", ["--net", "sh", "-c", "echo there; exec cat"], { stdio: ["pipe", "pipe", "inherit"] });
    await once(elsewhere.holder.stdout, "data");
    elsewhere.folder = mkdtempSync(join(tmpdir(), "conclave-elsewhere-"));
    elsewhere.connect();
    return elsewhere;
  }

  connect() {
    const pid = String(this.holder.pid);
    ip("link", "add", "near", "type", "veth", "peer", "name", "far");
    ip("link", "set", "far", "netns", pid);
    ip("address", "add", `${SERVER}/24`, "dev", "near");
    ip("link", "set", "near", "up");
    this.ip("link", "set", "lo", "up");
    this.ip("link", "set", "far", "up");
    this.change();
    this.program = join(this.folder, "chromium");
    writeFileSync(this.program, `#!/bin/sh\nexec nsenter -t ${pid} -n ${CHROMIUM} "$@"\n`);
    chmodSync(this.program, 0o755);
  }

  ip(...args) {
    execFileSync("nsenter", ["-t", String(this.holder.pid), "-n", "ip", ...args]);
  }

  /** As when a laptop goes from one network to another: the old address is gone before the new one is there. */
  change() {
    if (this.number > 0) this.ip("address", "del", `${CLIENT(this.number)}/24`, "dev", "far");
    this.number += 1;
    this.ip("address", "add", `${CLIENT(this.number)}/24`, "dev", "far");
    this.ip("route", "replace", "default", "via", SERVER);
  }

  close() {
    this.holder.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
