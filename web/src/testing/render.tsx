import { render, type RenderResult } from "@testing-library/react";
import type { ReactNode } from "react";
import { translator } from "../i18n/translate";
import { Client } from "../state/client";
import { AppContext, type App } from "../ui/app/context";
import { Navigator } from "../ui/app/navigator";
import { FakeCore } from "./fake-core";
import { fakeFiles, type FakeFiles } from "./fake-files";
import { FakeMedia } from "./fake-media";

interface Shown extends RenderResult, App {
  readonly core: FakeCore;
  readonly fake: FakeMedia;
  readonly files: FakeFiles;
  /** Draws it anew, with other props. */
  readonly again: (view: ReactNode) => void;
}

/** A view on the fake core, as it stands in the page. */
export function show(view: ReactNode, core = new FakeCore(true)): Shown {
  const media = new FakeMedia(core, false);
  const memory = { getItem: () => null, setItem: () => undefined };
  const client = new Client(core, memory);
  const files = fakeFiles(client);
  const app: App = { client, files, media, navigator: new Navigator(), t: translator("en-GB") };
  const result = render(<AppContext value={app}>{view}</AppContext>);
  const again = (view: ReactNode): void => {
    result.rerender(<AppContext value={app}>{view}</AppContext>);
  };
  return { ...result, ...app, files, core, fake: media, again };
}
