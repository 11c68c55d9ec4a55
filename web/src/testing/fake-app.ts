import { FakeCore, someCall } from "./fake-core";
import { alice, carol, participant } from "./fake-data";
import { FakeMedia } from "./fake-media";
import { paintedStream } from "./painted-stream";

/** What mode `fake` runs on: the address chooses who is signed in, the console (`window.fake`) plays the rest. */
export function fakeApp(): { core: FakeCore; media: FakeMedia } {
  const address = new URLSearchParams(window.location.search);
  const core = new FakeCore(!address.has("signed-out"));
  if (address.has("reason")) core.session = { state: "signed_out", reason: address.get("reason") };
  if (address.has("empty")) core.rooms = [];
  const media = new FakeMedia(core, true);
  Object.assign(window, { fake: { core, media, share: () => share(core, media), someCall, alone: () => alone(core) } });
  return { core, media };
}

/** Carol shares her screen. */
function share(core: FakeCore, media: FakeMedia): void {
  if (!core.call) return;
  const participants = core.call.participants.map((p) => (p.person === carol ? { ...p, screen: true } : p));
  media.set({
    remote: [
      ...media.view().remote,
      { leaf: 1, kind: "screen", state: "live", stream: paintedStream("Carol", "screen") },
    ],
  });
  core.setCall({ ...core.call, participants });
}

/** Everybody else leaves. */
function alone(core: FakeCore): void {
  if (core.call) core.setCall({ ...core.call, participants: [participant(2, alice)], speaker: null });
}
