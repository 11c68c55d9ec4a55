/** The browser's side of being woken: the service worker, and the address at the push service of the browser's maker. */
import { permission } from "./permission";
import type { PushPort } from "../state/waking";
// oxlint-disable-next-line import/default -- the bundler makes it: the address of the bundled worker
import worker from "./push.worker?worker&url";

/** The worker stands here and answers for no page: nothing that a page asks for goes through it. */
const SCOPE = "/assets/";

/** The real one. */
export const browserPush: PushPort = {
  hindrance() {
    if (!window.isSecureContext) return "insecure";
    if (permission() === "missing" || !isKnown()) return "missing";
    return permission() === "denied" ? "blocked" : null;
  },

  allowed: () => permission() === "granted",

  async serverKey() {
    const answer = await fetch("/api/v1/server");
    if (!answer.ok) throw new Error(`the server answers ${answer.status.toString()}`);
    const info: unknown = await answer.json();
    const key = typeof info === "object" && info !== null && "push_key" in info ? info.push_key : null;
    return typeof key === "string" ? key : null;
  },

  async subscribe(key) {
    if (!isKnown()) return null;
    const registration = await navigator.serviceWorker.register(worker, { scope: SCOPE });
    await active(registration);
    const options = { userVisibleOnly: true, applicationServerKey: key };
    const before = await registration.pushManager.getSubscription();
    // An address is bound to the key of the server that it was made for.
    if (before && !isFor(before, key)) await before.unsubscribe();
    const subscription = await registration.pushManager.subscribe(options);
    return subscription.endpoint;
  },

  async unsubscribe() {
    if (!("serviceWorker" in navigator)) return false;
    const registration = await navigator.serviceWorker.getRegistration(SCOPE);
    const subscription = await registration?.pushManager.getSubscription();
    await subscription?.unsubscribe();
    await registration?.unregister();
    return subscription !== null && subscription !== undefined;
  },
};

/** Of a guest's page, who has no account that could be woken: what the browser's own account has stays as it is. */
export const NO_PUSH: PushPort = {
  hindrance: () => "missing",
  allowed: () => false,
  serverKey: () => Promise.resolve(null),
  subscribe: () => Promise.resolve(null),
  unsubscribe: () => Promise.resolve(false),
};

/** Whether the browser knows Web Push. Some do only once the page is installed. */
function isKnown(): boolean {
  return "serviceWorker" in navigator && "PushManager" in window;
}

/** Whether an address is for a server with this key (base64url). */
function isFor(subscription: PushSubscription, key: string): boolean {
  const { applicationServerKey } = subscription.options;
  if (!applicationServerKey) return true;
  const bytes = [...new Uint8Array(applicationServerKey)].map((byte) => String.fromCharCode(byte)).join("");
  return btoa(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "") === key;
}

/** Until the worker runs: an address cannot be had before. */
async function active(registration: ServiceWorkerRegistration): Promise<void> {
  const worker = registration.installing ?? registration.waiting;
  if (registration.active || !worker) return;
  await new Promise<void>((done) => {
    worker.addEventListener("statechange", () => {
      if (worker.state === "activated" || worker.state === "redundant") done();
    });
  });
}
