import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { WorkerCoreClient } from "./core/client";
import { startFiles, type Files } from "./files/files";
import { preferredLocale, translator } from "./i18n/translate";
import { Call } from "./media/call";
import { Client } from "./state/client";
import type { DeviceClient } from "./state/core";
import { browserPush, NO_PUSH } from "./push/browser";
import { parseRoute } from "./state/routes";
import type { MediaCall } from "./state/media";
import { Waking } from "./state/waking";
import { AppView } from "./ui/app/app";
import { AppContext } from "./ui/app/context";
import { ErrorBoundary } from "./ui/app/error-boundary";
import { Navigator } from "./ui/app/navigator";
import "./ui/styles/index.css";

/** The real core and media, or in mode `fake` the players of `testing/`, which no other bundle contains. */
const isGuest = parseRoute(window.location.pathname).page === "guest";

async function parts(): Promise<{ core: DeviceClient; media: MediaCall; files: (client: Client) => Files }> {
  if (import.meta.env.MODE === "fake") return (await import("./testing/fake-app")).fakeApp();
  const core = WorkerCoreClient.start(isGuest ? "guest" : "device");
  return { core, media: new Call(core, window.localStorage), files: startFiles };
}

const { core, media, files } = await parts();
const t = translator(preferredLocale(navigator.languages));
const client = new Client(core, window.localStorage);
const app = { client, files: files(client), media, navigator: new Navigator(), t, waking: new Waking(client, isGuest ? NO_PUSH : browserPush) };

// Other tabs of this browser have the same preferences.
window.addEventListener("storage", () => {
  client.preferences.reload();
  void media.takeChoices();
});
// What was typed last is not stored yet. Pages that are hidden may end without another word.
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") app.client.drafts.flush();
});
window.addEventListener("pagehide", () => {
  app.client.drafts.flush();
});
// The browser asks before what is not sent is lost.
window.addEventListener("beforeunload", (event) => {
  if (app.files.uploads.wouldBeLost) event.preventDefault();
});

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <AppContext value={app}>
        <ErrorBoundary t={t}>
          <AppView />
        </ErrorBoundary>
      </AppContext>
    </StrictMode>,
  );
}
