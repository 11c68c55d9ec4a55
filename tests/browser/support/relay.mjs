// A narrow, slow or lossy way to the media port: clients find the server at the relay's address, and the relay passes
// datagrams on as the conditions say. What is lost is drawn from a seed.
import { createSocket } from "node:dgram";

/** Where the relay listens; the server listens at 127.0.0.1 with the same port. */
export const RELAY_ADDRESS = "127.0.0.2";

/** How long a datagram waits at most before the narrow way, as in a common home router. */
const QUEUE_MS = 300;

/** Bytes of UDP and IPv4 around a datagram. */
const OVERHEAD = 28;

export class Relay {
  // Bits a second, share of lost datagrams and milliseconds one way; the rate is that of each client's way down.
  conditions = { rate: Infinity, loss: 0, delay: 0 };
  passed = { up: 0, down: 0, lost: 0 };
  closed = false;
  // Hears of each datagram that a client sends, for who measures.
  watch = () => {};
  clients = new Map();

  static async start(seed) {
    const relay = new Relay();
    relay.random = generator(seed);
    relay.socket = await bound(RELAY_ADDRESS);
    relay.port = relay.socket.address().port;
    relay.socket.on("message", (datagram, from) => void relay.up(datagram, from));
    return relay;
  }

  close() {
    this.closed = true;
    this.socket.close();
    for (const client of this.clients.values()) client.then(({ socket }) => socket.close());
  }

  async up(datagram, from) {
    this.watch(datagram);
    const key = `${from.address}:${from.port}`;
    if (!this.clients.has(key)) this.clients.set(key, this.client(from));
    const { socket } = await this.clients.get(key);
    this.pass("up", 0, () => socket.send(datagram, this.port, "127.0.0.1"));
  }

  async client(from) {
    const client = { socket: await bound("127.0.0.1"), free: 0 };
    client.socket.on("message", (datagram) => {
      const now = performance.now();
      const sent = Math.max(client.free, now) + ((datagram.length + OVERHEAD) * 8 * 1000) / this.conditions.rate;
      if (sent - now > QUEUE_MS) {
        this.passed.lost += 1;
        return;
      }
      client.free = sent;
      this.pass("down", sent - now, () => this.socket.send(datagram, from.port, from.address));
    });
    return client;
  }

  pass(way, wait, send) {
    if (this.random() < this.conditions.loss) {
      this.passed.lost += 1;
      return;
    }
    this.passed[way] += 1;
    const after = wait + this.conditions.delay;
    const sendNow = () => this.closed || send();
    if (after < 1) sendNow();
    else setTimeout(sendNow, after);
  }
}

function bound(address) {
  const socket = createSocket({ type: "udp4", recvBufferSize: 1 << 20, sendBufferSize: 1 << 20 });
  // A client that is gone answers with an ICMP error, which is no business of the others.
  socket.on("error", () => {});
  return new Promise((resolve) => socket.bind(0, address, () => resolve(socket)));
}

/** Numbers from 0 to 1 (mulberry32). */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
