/** The shell around client-core: does what the core says, in order, and hands in what comes of it. */
import type { CoreOutput, DeviceCore } from "../generated/wasm/core";
import type { Event } from "../generated/Event";
import type { MediaBytes } from "../wire";
import { Clock } from "./clock";
import type { Store } from "./store";

/** A request that takes longer than this is lost: uploads of a whole stock of key packages over a slow line. */
const HTTP_PATIENCE_MS = 60_000;

/** A timer that fires this much late tells that the device slept. */
const SLEPT_MS = 5_000;

type Input = (core: DeviceCore, now: number) => void;

export interface Listener {
  event(event: Event): void;
  media(update: MediaBytes): void;
  /** Test builds only: what is sent in the place of a frame. */
  sending?(text: string): string;
}

export class Shell {
  private readonly core: DeviceCore;
  private readonly store: Pick<Store, "write">;
  private readonly listener: Listener;
  private readonly inbox: Input[] = [];
  /** What the store said; goes before what came from outside. */
  private readonly stored: Input[] = [];
  private wake: (() => void) | null = null;
  private socket: WebSocket | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly clock = new Clock();

  constructor(core: DeviceCore, store: Pick<Store, "write">, listener: Listener) {
    this.core = core;
    this.store = store;
    this.listener = listener;
  }

  input(input: Input): void {
    this.inbox.push(input);
    this.wake?.();
  }

  /** Runs until the core traps; then rejects. */
  async run(): Promise<never> {
    for (;;) {
      for (let output; (output = this.core.poll()); ) await this.obey(output);
      const input = await this.next();
      input(this.core, this.clock.now());
    }
  }

  /** The network went away: an open socket is taken for closed, and the core looks for a new one. */
  lostNetwork(): void {
    if (!this.socket) return;
    this.closeSocket();
    this.input((core, now) => core.socket_closed(now));
  }

  /** Ends everything that runs beside the loop. */
  stop(): void {
    this.closeSocket();
    clearTimeout(this.timer);
  }

  private async next(): Promise<Input> {
    for (;;) {
      const input = this.stored.shift() ?? this.inbox.shift();
      if (input) return input;
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  /** Waits for the store alone: what follows a `persist` comes after it is durable. */
  private async obey(output: CoreOutput): Promise<void> {
    switch (output.type) {
      case "persist":
        return this.persist(output);
      case "http":
        return void this.request(output);
      case "socket_open":
        return this.openSocket(output.path);
      case "socket_send":
        return this.socket?.readyState === WebSocket.OPEN ? this.socket.send(this.listener.sending?.(output.text) ?? output.text) : undefined;
      case "socket_close":
        return this.closeSocket();
      case "event":
        return this.listener.event(JSON.parse(output.json) as Event);
      case "media":
        return this.listener.media(output.update as MediaBytes);
      case "wake_at":
        return this.wakeAt(output.at);
    }
  }

  private async persist({ batch, wipe, records }: CoreOutput & { type: "persist" }): Promise<void> {
    try {
      await this.store.write(records, wipe);
      this.stored.push((core, now) => core.persisted(now, batch));
    } catch (error) {
      console.error("the store refused a batch", error);
      this.stored.push((core, now) => core.persist_failed(now, batch));
    }
  }

  private async request({ id, method, path, token, headers: more, body }: CoreOutput & { type: "http" }): Promise<void> {
    try {
      const headers = new Headers(more);
      if (token !== null) headers.set("authorization", `Bearer ${token}`);
      if (body.length > 0) headers.set("content-type", "application/json");
      const answer = await fetch(path, {
        method,
        headers,
        body: body.length > 0 ? (body as MediaBytes) : null,
        cache: "no-store",
        credentials: "omit",
        redirect: "error",
        referrerPolicy: "no-referrer",
        signal: AbortSignal.timeout(HTTP_PATIENCE_MS),
      });
      const bytes = new Uint8Array(await answer.arrayBuffer());
      this.input((core, now) => core.http_answer(now, id, answer.status, bytes));
    } catch {
      this.input((core, now) => core.http_failed(now, id));
    }
  }

  private openSocket(path: string): void {
    this.closeSocket();
    const address = new URL(path, self.location.origin);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(address);
    this.socket = socket;
    // Events of a socket that was replaced say nothing about the new one.
    const input = (input: Input) => this.socket === socket && this.input(input);
    socket.onopen = () => input((core, now) => core.socket_opened(now));
    socket.onmessage = ({ data }) => input((core, now) => core.socket_text(now, String(data)));
    socket.onclose = () => {
      input((core, now) => core.socket_closed(now));
      if (this.socket === socket) this.socket = null;
    };
  }

  private closeSocket(): void {
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  private wakeAt(at: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(
      () => {
        if (this.clock.now() > at + SLEPT_MS) this.input((core, now) => core.nudge(now));
        this.input((core, now) => core.tick(now));
      },
      Math.min(Math.max(at - this.clock.now(), 0), 2 ** 31 - 1),
    );
  }
}
