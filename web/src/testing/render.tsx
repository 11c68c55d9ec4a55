import { render, type RenderResult } from "@testing-library/react";
import type { ReactNode } from "react";
import { translator } from "../i18n/translate";
import { Client } from "../state/client";
import { AppContext, type App } from "../ui/app/context";
import { Navigator } from "../ui/app/navigator";
import { FakeCore } from "./fake-core";
import { FakeMedia } from "./fake-media";

/** A view on the fake core, as it stands in the page. */
export function show(view: ReactNode, core = new FakeCore(true)): RenderResult & App & { readonly core: FakeCore; readonly fake: FakeMedia } {
  const media = new FakeMedia(core, false);
  const memory = { getItem: () => null, setItem: () => undefined };
  const app: App = { client: new Client(core, memory), media, navigator: new Navigator(), t: translator("en-GB") };
  return { ...render(<AppContext value={app}>{view}</AppContext>), ...app, core, fake: media };
}
