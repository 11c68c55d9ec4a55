import { render, type RenderResult } from "@testing-library/react";
import type { ReactNode } from "react";
import { translator } from "../i18n/translate";
import { Client } from "../state/client";
import { Waking } from "../state/waking";
import { AppContext, type App } from "../ui/app/context";
import { Navigator } from "../ui/app/navigator";
import { FakeCore } from "./fake-core";
import { fakeFiles, type FakeFiles } from "./fake-files";
import { FakeMedia } from "./fake-media";
import { FakePush } from "./fake-push";

interface Shown extends RenderResult, App {
  readonly core: FakeCore;
  readonly fake: FakeMedia;
  readonly files: FakeFiles;
  readonly push: FakePush;
  /** Draws it anew, with other props. */
  readonly again: (view: ReactNode) => void;
}

/** A view on the fake core, as it stands in the page. */
export function show(view: ReactNode, core = new FakeCore(true), push = new FakePush()): Shown {
  const media = new FakeMedia(core, false);
  const memory = { getItem: () => null, setItem: () => undefined };
  const client = new Client(core, memory);
  const files = fakeFiles(client);
  // As in a browser that nobody has asked yet.
  push.permitted = false;
  const app: App = { client, files, media, navigator: new Navigator(), t: translator("en-GB"), waking: new Waking(client, push) };
  const result = render(<AppContext value={app}>{view}</AppContext>);
  const again = (view: ReactNode): void => {
    result.rerender(<AppContext value={app}>{view}</AppContext>);
  };
  return { ...result, ...app, files, push, core, fake: media, again };
}
