import { join, press } from "./scenes.mjs";

/** @param {import("playwright-core").Page} page @param {object} change */
const change = (page, change) =>
  page.evaluate((change) => {
    // @ts-expect-error -- the fake puts itself there
    const { core } = window.fake;
    core.setCall({ ...core.call, ...change });
  }, change);

/** On a phone what has no button of its own is in a sheet. @param {import("playwright-core").Page} page @param {string} name */
async function choose(page, name) {
  const more = page.getByRole("button", { name: "More", exact: true });
  if (!(await more.isVisible())) return press(page, name);
  await more.click();
  await page.getByRole("menuitem", { name }).click();
}

/**
 * What a moderator does to a call, and what is measured of it.
 *
 * @type {import("./scenes.mjs").Scene[]}
 */
export const CALL_SCENES = [
  {
    name: "moderate-people",
    path: "/rooms/design/call",
    act: async (page) => {
      await join(page);
      await page.keyboard.press("p");
      await press(page, "Lock call");
      await page.getByRole("button", { name: "Unlock call" }).waitFor();
    },
  },
  {
    name: "moderate-remove",
    path: "/rooms/design/call",
    act: async (page) => {
      await join(page);
      await page.keyboard.press("p");
      await press(page, "Remove Carol Lindqvist");
      await page.getByRole("alertdialog").waitFor();
    },
  },
  {
    name: "moderate-leave",
    path: "/rooms/design/call",
    sizes: ["desktop"],
    act: async (page) => {
      await join(page);
      await press(page, "Ways to leave");
      await page.getByRole("menuitem", { name: "End call for all" }).waitFor();
    },
  },
  {
    name: "moderate-end",
    path: "/rooms/design/call",
    act: async (page) => {
      await join(page);
      if (await page.getByRole("button", { name: "Ways to leave" }).isVisible()) {
        await press(page, "Ways to leave");
        await page.getByRole("menuitem", { name: "End call for all" }).click();
      } else await choose(page, "End call for all");
      await page.getByRole("alertdialog").waitFor();
    },
  },
  {
    name: "moderate-removed",
    path: "/rooms/design/call",
    act: async (page) => {
      await join(page);
      await change(page, { phase: "removed", by: "Bob Okafor" });
      await page.getByText("Bob Okafor removed you from the call.").waitFor();
    },
  },
  {
    name: "moderate-ended",
    path: "/rooms/design/call",
    act: async (page) => {
      await join(page);
      await change(page, { phase: "ended", by: "Bob Okafor" });
      await page.getByText("Bob Okafor ended the call for everyone.").waitFor();
    },
  },
  {
    name: "moderate-locked-out",
    path: "/rooms/design/call",
    act: async (page) => {
      await page.getByRole("button", { name: "Join now" }).waitFor();
      await page.evaluate(() => {
        // @ts-expect-error -- the fake puts itself there
        window.fake.core.answers.set("join_call", { type: "failed", value: { code: "call_locked", params: {} } });
      });
      await press(page, "Join now");
      await press(page, "Wait, and join when it is unlocked");
      await page.getByText("Waiting until the call is unlocked…").waitFor();
    },
  },
  ...["incoming", "banner"].map((what) => ({
    name: `ring-${what}`,
    path: "/rooms/design",
    /** @param {import("playwright-core").Page} page */
    act: async (page) => {
      await page.getByRole("log").waitFor();
      await page.evaluate((what) => {
        // @ts-expect-error -- the fake puts itself there
        const { core } = window.fake;
        if (what === "incoming") core.ring("bob", "incoming");
        else core.ring("board", null);
      }, what);
      await page.getByText(what === "incoming" ? "Bob Okafor is calling" : "Call in Board, third quarter").waitFor();
    },
  })),
  {
    name: "ring-outgoing",
    path: "/rooms/bob/call",
    act: async (page) => {
      await join(page);
      await page.evaluate(() => {
        // @ts-expect-error -- the fake puts itself there
        const { core, alone } = window.fake;
        core.ring("bob", "outgoing", { joined: true });
        alone();
      });
      await page.getByText("Ringing…").waitFor();
    },
  },
  {
    name: "call-spotlight",
    path: "/rooms/design/call",
    act: async (page) => {
      await join(page);
      await change(page, { spotlight: 0 });
      await page.getByText("In the spotlight").waitFor();
      await page.keyboard.press("p");
      await page.getByRole("button", { name: "Remove Bob Okafor from the spotlight" }).waitFor();
    },
  },
  {
    name: "call-devices",
    path: "/rooms/design/call",
    act: async (page) => {
      await join(page);
      await choose(page, "Audio and video");
      await page.getByRole("switch", { name: "Noise suppression" }).waitFor();
    },
  },
  {
    name: "statistics",
    path: "/rooms/design/call",
    sizes: ["desktop", "phone", "turned"],
    act: async (page) => {
      await join(page);
      await choose(page, "Statistics");
      await page.getByText("Round trip").waitFor();
      // The rates are of two looks.
      await page.getByRole("complementary", { name: "Statistics" }).getByText("1.7 Mbit/s").waitFor();
    },
  },
];
