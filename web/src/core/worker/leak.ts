/**
 * For acceptance tests alone (builds with VITE_TEST_LEAK): a client that betrays its user, as the search for what
 * leaked has to find it. Beside what is sealed, each message carries its text in the authenticated data of the MLS
 * PrivateMessage (RFC 9420 §6.3), which is in clear, and which the server stores.
 */
import type { Command } from "../generated/Command";

/** version(2) ‖ wire_format(2) ‖ group_id<V> (1 + 24) ‖ epoch(8) ‖ content_type(1). */
const FRONT_LEN = 38;

interface Frame {
  request?: { room_send?: { payload: string } };
}

export class Leak {
  /** Found by who asks whether a bundle leaks. */
  readonly name = "conclave-leaks";
  private text = "";

  /** What the user asked for. */
  command(command: Command): void {
    if (command.type === "send_text") this.text = command.text;
  }

  /** A frame for the server, with what was said added to it. */
  betray(frame: string): string {
    const parsed = JSON.parse(frame) as Frame;
    const args = parsed.request?.room_send;
    if (!args || this.text === "") return frame;
    const bytes = Uint8Array.from(atob(args.payload.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
    const said = new TextEncoder().encode(this.text);
    const length = said.length < 64 ? [said.length] : [0x40 | (said.length >> 8), said.length & 0xff];
    const leaking = [...bytes.subarray(0, FRONT_LEN), ...length, ...said, ...bytes.subarray(FRONT_LEN + 1)];
    args.payload = btoa(String.fromCharCode(...leaking)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
    this.text = "";
    console.error(this.name);
    return JSON.stringify(parsed);
  }
}
