/// <reference lib="webworker" />
// What runs while no page of the app is open: it is woken with an empty message, and says that there is something. It knows
// neither what nor of whom, for the keys are with the page.
import { preferredLocale, translator } from "../i18n/translate";

declare const self: ServiceWorkerGlobalScope;

const t = translator(preferredLocale(navigator.languages));

/** One notice, however often it is woken. */
const TAG = "news";

self.addEventListener("install", () => {
  void self.skipWaiting();
});

self.addEventListener("push", (event) => {
  event.waitUntil(say());
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open());
});

async function windows(): Promise<readonly WindowClient[]> {
  return self.clients.matchAll({ type: "window", includeUncontrolled: true });
}

async function say(): Promise<void> {
  // Who looks at the page sees it there.
  if ((await windows()).some((page) => page.visibilityState === "visible")) return;
  await self.registration.showNotification(t("app.name"), { body: t("notify.something"), tag: TAG, icon: "/icon.svg" });
}

async function open(): Promise<void> {
  const [page] = await windows();
  if (page) await page.focus();
  else await self.clients.openWindow("/");
}
