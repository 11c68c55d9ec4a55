import { expect, test } from "vitest";
import { Preferences, type KeyValue } from "./preferences";

/** What a browser keeps for a page. */
function kept(text: string | null = null): KeyValue & { text: string | null } {
  return {
    text,
    getItem() {
      return this.text;
    },
    setItem(_key, value) {
      this.text = value;
    },
  };
}

test("choices are there again after a reload", () => {
  const keep = kept();
  const before = new Preferences(keep);
  before.setCallView("speaker");
  before.setShortcuts(false);
  before.setAnnounce("hand", false);
  before.setNotify("updates", false);
  before.setNotifyAsked();
  before.setQuiet(true);
  before.setWake(false);
  before.setQuickReplies(false);
  before.setLockAfter(60);
  const { notify, notifyAsked, quickReplies, quiet, wake, lockAfter } = new Preferences(keep).view.get();
  expect({ notify, notifyAsked, quickReplies, quiet }).toEqual({ notify: { messages: true, updates: false, administration: true }, notifyAsked: true, quickReplies: false, quiet: true });
  expect({ wake, lockAfter }).toEqual({ wake: false, lockAfter: 60 });
  const { callView, singleKeyShortcuts, announce } = new Preferences(keep).view.get();
  expect({ callView, singleKeyShortcuts, hand: announce.hand, presence: announce.presence }).toEqual({
    callView: "speaker", singleKeyShortcuts: false, hand: false, presence: true,
  });
});

test("what is kept of another version, or broken, is as if nothing were", () => {
  const fresh = new Preferences(kept()).view.get();
  expect(fresh.callView).toBe("auto");
  for (const text of ['{"callView":"mosaic"}', '{"callView":7,"singleKeyShortcuts":"yes"}', "{", "null", "[]"]) {
    expect(new Preferences(kept(text)).view.get(), text).toEqual(fresh);
  }
});

test("what another tab has changed stays, and is taken", () => {
  const keep = kept();
  const [one, other] = [new Preferences(keep), new Preferences(keep)];
  one.setLockAfter(60);
  other.setRing(false);
  one.reload();
  expect([one, other].map((tab) => tab.view.get()).map(({ lockAfter, ring }) => ({ lockAfter, ring }))).toEqual([
    { lockAfter: 60, ring: false },
    { lockAfter: 60, ring: false },
  ]);
});

test("where nothing can be kept, choices hold for as long as the page is open", () => {
  const nothing = new Preferences({ getItem: () => null, setItem: () => undefined });
  nothing.setRing(false);
  nothing.setQuiet(true);
  expect(nothing.view.get()).toMatchObject({ ring: false, quiet: true });
});
