import type { Hindrance, PushPort } from "../state/waking";

/** A browser that can be woken, as far as the test lets it. */
export class FakePush implements PushPort {
  permitted = true;
  key: string | null = "the server's key";
  /** Nothing: a browser that cannot be woken. */
  address: string | null = "https://push.example/abc";
  /** Its maker cannot be reached. */
  broken = false;
  subscribed = false;
  hinders: Hindrance | null = null;

  hindrance(): Hindrance | null {
    return this.hinders;
  }

  allowed(): boolean {
    return this.permitted;
  }

  serverKey(): Promise<string | null> {
    return Promise.resolve(this.key);
  }

  subscribe(): Promise<string | null> {
    if (this.broken) return Promise.reject(new Error("no connection"));
    this.subscribed = this.address !== null;
    return Promise.resolve(this.address);
  }

  unsubscribe(): Promise<boolean> {
    const was = this.subscribed;
    this.subscribed = false;
    return Promise.resolve(was);
  }
}
