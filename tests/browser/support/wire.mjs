// A wire between browsers and the server that can be slow, and be cut: browsers know the server by the wire's address.
import { connect, createServer } from "node:net";

/** Pieces in which a slow wire passes bytes on, per second. */
const STEPS = 20;

export class Wire {
  /** Bytes a second, up and down alike. */
  rate = Infinity;
  sockets = new Set();
  down = false;
  /** Bytes between two cuts that it makes by itself, and how many are left. */
  every = Infinity;
  cuts = 0;
  since = 0;

  static async start(url) {
    const wire = new Wire();
    const { hostname, port } = new URL(url);
    wire.server = createServer((socket) => wire.accept(socket, { host: hostname, port: Number(port) }));
    await new Promise((resolve) => wire.server.listen(0, "127.0.0.1", resolve));
    wire.url = `http://127.0.0.1:${wire.server.address().port}/`;
    return wire;
  }

  /** An address of the server, by the wire. */
  by(address) {
    return Object.assign(new URL(address), { host: new URL(this.url).host }).href;
  }

  /** Whatever is connected is not any more, and nothing connects until it is mended. */
  cut() {
    this.down = true;
    for (const socket of this.sockets) socket.destroy();
  }

  mend() {
    this.down = false;
  }

  /** From now on it cuts itself `times` times, each after so many more bytes and for so long. */
  cutEvery(bytes, times, ms) {
    Object.assign(this, { every: bytes, cuts: times, since: 0, lasts: ms });
  }

  count(bytes) {
    this.since += bytes;
    if (this.since < this.every || this.cuts === 0 || this.down) return;
    this.since = 0;
    this.cuts -= 1;
    this.cut();
    setTimeout(() => this.mend(), this.lasts);
  }

  async close() {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  accept(near, to) {
    if (this.down) return near.destroy();
    const far = connect(to);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ]) {
      this.sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        this.sockets.delete(socket);
        other.destroy();
      });
      socket.on("data", (bytes) => this.pass(socket, other, bytes));
      socket.on("end", () => other.end());
    }
  }

  /** Passes bytes on, and takes no more until they would be through. */
  pass(from, to, bytes) {
    const wait = this.rate === Infinity ? 0 : Math.max((bytes.length / this.rate) * 1000, 1000 / STEPS / 50);
    from.pause();
    setTimeout(() => {
      if (to.destroyed) return;
      this.count(bytes.length);
      if (to.destroyed) return;
      if (to.write(bytes)) from.resume();
      else to.once("drain", () => from.resume());
    }, wait);
  }
}
