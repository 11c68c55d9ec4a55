import type { Session } from "./client";
import type { Commands } from "./commands";
import { Store, type Readable } from "./observable";
import type { Preferences } from "./preferences";

/** Why a browser cannot be woken, whatever one wishes: the page is not secure, the browser knows no such thing, or it blocks it. */
export type Hindrance = "insecure" | "missing" | "blocked";

/** What the browser can do. */
export interface PushPort {
  /** Nothing where it may work. */
  hindrance(): Hindrance | null;
  /** Whether the system lets notices be shown. */
  allowed(): boolean;
  /** The server's key, base64url; nothing where it wakes nobody. */
  serverKey(): Promise<string | null>;
  /** The address under which this browser is woken; nothing where it cannot be. */
  subscribe(key: string): Promise<string | null>;
  /** Gives the address up; answers whether there was one. */
  unsubscribe(): Promise<boolean>;
}

/** How it stands: `off` by wish, or as nobody is signed in; `unavailable` as the browser or the server cannot do it now. */
export type WakingState = "off" | "on" | "unavailable" | "refused";

/**
 * Whether this browser is woken while the app is closed. What is wished is compared with what is, at each start and at each
 * change, one thing after the other, so that the last wish holds.
 */
export class Waking {
  readonly #state = new Store<WakingState>("off");
  readonly #session: Readable<Session>;
  readonly #preferences: Preferences;
  readonly #commands: Commands;
  readonly #port: PushPort;
  #wanted: boolean | null = null;
  #work: Promise<void> = Promise.resolve();

  constructor(client: { readonly session: Readable<Session>; readonly preferences: Preferences; readonly commands: Commands }, port: PushPort) {
    this.#session = client.session;
    this.#preferences = client.preferences;
    this.#commands = client.commands;
    this.#port = port;
    const look = (): void => {
      this.look();
    };
    client.session.subscribe(look);
    client.preferences.view.subscribe(look);
  }

  get state(): Readable<WakingState> {
    return this.#state;
  }

  /** Why no wish can help; nothing where one may. */
  get hindrance(): Hindrance | null {
    return this.#port.hindrance();
  }

  /** Looks whether something is to be done, as after the system's permission changed. */
  look(): void {
    const session = this.#session.get();
    // Who locked the store still wants to hear that something is new.
    if (session.state === "starting" || session.state === "locked" || (session.state === "signed_in" && session.guest)) return;
    const { wake, notify, quiet } = this.#preferences.view.get();
    const wanted = session.state === "signed_in" && wake && notify.messages && !quiet && this.#port.allowed();
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    this.#work = this.#work.then(() => (this.#wanted === wanted ? this.#make(wanted) : undefined));
  }

  /** Until what was begun is done. */
  settled(): Promise<void> {
    return this.#work;
  }

  async #make(wanted: boolean): Promise<void> {
    try {
      this.#state.set(wanted ? await this.#begin() : await this.#end());
    } catch {
      // A browser that does not reach its maker; the next start tries again.
      this.#state.set(wanted ? "unavailable" : "off");
    }
  }

  async #begin(): Promise<WakingState> {
    const key = await this.#port.serverKey();
    const address = key === null ? null : await this.#port.subscribe(key);
    if (address === null) return "unavailable";
    const told = await this.#commands.setPush(address);
    if (told.ok) return "on";
    await this.#port.unsubscribe();
    return told.failure.code === "push_refused" ? "refused" : "unavailable";
  }

  async #end(): Promise<WakingState> {
    const was = await this.#port.unsubscribe();
    // Who signs out is forgotten by the server anyway.
    if (was && this.#session.get().state === "signed_in") await this.#commands.setPush(null);
    return "off";
  }
}
