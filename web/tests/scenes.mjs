/**
 * @typedef {object} Scene
 * @property {string} name
 * @property {string} path
 * @property {string[]} [sizes] where it is looked at, of `desktop`, `phone`, `small`, `zoomed` and `turned`; the first two if left out
 * @property {(page: import("playwright-core").Page) => Promise<void>} [act]
 */

/** @param {import("playwright-core").Page} page @param {string} name */
export const press = (page, name) => page.getByRole("button", { name, exact: true }).click();

/** @param {import("playwright-core").Page} page */
export async function join(page) {
  await press(page, "Join now");
  await page.getByRole("toolbar", { name: "Call controls" }).waitFor();
}

/** @param {import("playwright-core").Page} page @param {number} count */
async function crowd(page, count) {
  await join(page);
  // @ts-expect-error -- the fake puts itself there
  await page.evaluate((count) => window.fake.crowd(count), count);
  await page.keyboard.press("p");
  await page.getByText(`${String(count + 1)} devices in the call`).waitFor();
  await page.keyboard.press("Escape");
}

/** @param {import("playwright-core").Page} page @param {boolean} speaker the view to come to, from whichever it is */
export async function look(page, speaker) {
  const strip = page.getByRole("group", { name: "Other participants" });
  await page.keyboard.press("g");
  if ((await strip.isVisible()) !== speaker) await page.keyboard.press("g");
  await strip.waitFor({ state: speaker ? "visible" : "detached" });
}

/**
 * Something is said, by others and by oneself.
 *
 * @param {import("playwright-core").Page} page
 */
export async function talk(page) {
  await page.evaluate(() => {
    // @ts-expect-error -- the fake puts itself there
    const { core, said } = window.fake;
    core.say(
      said(0, "Can everybody see the second draft? It is the one with the whole width for the map."),
      said(1, "I can."),
      said(2, "Me too.\n\nThe colours are much calmer than last week."),
      said(3, "https://example.org/a-link-that-is-far-too-long-to-fit-beside-anything-else-in-a-narrow-panel", "failed"),
      said(4, "Then let us begin.", "sending"),
      said(5, "Yes, please."),
    );
  });
}

const EVERYWHERE = ["desktop", "phone", "turned"];

/** @type {Scene[]} */
export const SCENES = [
  { name: "sign-in", path: "/?signed-out" },
  {
    name: "sign-in-wrong",
    path: "/?signed-out",
    act: async (page) => {
      await page.getByRole("textbox", { name: "Email" }).fill("alice@example.org");
      await page.getByRole("textbox", { name: "Password" }).fill("wrong password");
      await press(page, "Sign in");
      await page.getByRole("alert").getByText("do not fit").waitFor();
    },
  },
  {
    name: "sign-in-missing",
    path: "/?signed-out",
    act: (page) => press(page, "Sign in"),
  },
  { name: "sign-in-revoked", path: "/?signed-out&reason=device_revoked" },
  { name: "forgot", path: "/forgot-password?signed-out" },
  {
    name: "invite",
    path: "/invite/fresh?signed-out",
    act: async (page) => {
      await page.getByRole("textbox", { name: "Full name" }).fill("Alice Moreau");
      await page.getByRole("textbox", { name: "Password", exact: true }).fill("seven quiet lanterns");
    },
  },
  {
    name: "invite-mistakes",
    path: "/invite/named?signed-out",
    act: async (page) => {
      await page.getByRole("textbox", { name: "Password", exact: true }).fill("password1");
      await press(page, "Create account");
    },
  },
  {
    name: "invite-first",
    path: "/invite/first?signed-out",
    act: (page) => page.getByRole("textbox", { name: "Email" }).waitFor(),
  },
  { name: "invite-used", path: "/invite/used?signed-out" },
  { name: "home", path: "/" },
  { name: "home-empty", path: "/?empty" },
  {
    name: "user-menu",
    path: "/",
    act: async (page) => {
      await press(page, "Alice Moreau");
      await page.getByRole("menuitem", { name: "Devices" }).waitFor();
    },
  },
  {
    name: "sign-out",
    path: "/",
    act: async (page) => {
      await press(page, "Alice Moreau");
      await page.getByRole("menuitem", { name: "Sign out" }).click();
      await page.getByRole("alertdialog").waitFor();
    },
  },
  {
    name: "new-room",
    path: "/",
    act: async (page) => {
      await press(page, "New room");
      await page.getByRole("textbox", { name: "Room name" }).fill("Harbour lights");
      const people = page.getByRole("combobox", { name: "Add people" });
      await people.fill("bob@example.org");
      await people.press("Enter");
      await page.getByText("Bob Okafor").last().waitFor();
      await people.fill("ca");
      await page.getByRole("option", { name: "Carol" }).waitFor();
    },
  },
  {
    name: "new-room-unknown",
    path: "/",
    act: async (page) => {
      await press(page, "New room");
      const people = page.getByRole("combobox", { name: "Add people" });
      await people.fill("nobody@example.org");
      await people.press("Enter");
      await page.getByRole("alert").getByText("nobody@example.org").waitFor();
    },
  },
  {
    name: "new-message",
    path: "/",
    act: async (page) => {
      await press(page, "New message");
      await page.getByRole("dialog", { name: "New message" }).waitFor();
    },
  },
  { name: "room", path: "/rooms/design", act: (page) => page.getByText("much clearer").waitFor() },
  { name: "room-direct", path: "/rooms/bob", act: (page) => page.getByRole("article").getByText("Thursday").waitFor() },
  { name: "room-joining", path: "/rooms/fresh" },
  { name: "room-long", path: "/rooms/archive", act: (page) => page.getByText("Note 400").waitFor() },
  {
    name: "room-scrolled",
    path: "/rooms/archive",
    act: async (page) => {
      await page.getByText("Note 400").waitFor();
      await page.getByRole("log").evaluate((log) => log.scrollBy(0, -900));
      await press(page, "Jump to the newest message").catch(() => undefined);
      await page.getByRole("log").evaluate((log) => log.scrollBy(0, -900));
      await page.getByText("Jump to the newest").waitFor();
    },
  },
  {
    name: "room-too-long",
    path: "/rooms/design",
    act: (page) => page.getByRole("textbox", { name: "Message" }).fill("long ".repeat(4_000)),
  },
  { name: "room-gone", path: "/rooms/nothing" },
  {
    name: "room-details",
    path: "/rooms/design",
    act: async (page) => {
      await press(page, "Room details");
      await page.getByRole("complementary", { name: "Room details" }).waitFor();
    },
  },
  {
    name: "room-remove",
    path: "/rooms/design",
    act: async (page) => {
      await press(page, "Room details");
      await press(page, "Remove Bob Okafor");
      await page.getByRole("alertdialog").waitFor();
    },
  },
  {
    name: "offline",
    path: "/",
    act: async (page) => {
      await page.getByRole("button", { name: "New room" }).waitFor();
      await page.evaluate(() => {
        // @ts-expect-error -- the fake puts itself there
        const { core } = window.fake;
        core.tell({ type: "session", session: { ...core.session, connection: "offline" } });
        core.notice({ code: "removed_from_room", params: { title: "Board, third quarter" } });
        core.notice({ code: "version_mismatch", params: {} });
      });
      await page.getByText("Offline").waitFor();
    },
  },
  { name: "profile", path: "/profile" },
  { name: "devices", path: "/devices", act: (page) => page.getByText("Safari on iPhone").first().waitFor() },
  {
    name: "devices-revoke",
    path: "/devices",
    act: (page) => press(page, "Revoke Safari on iPhone"),
  },
  { name: "data", path: "/data" },
  { name: "settings", path: "/settings" },
  { name: "not-found", path: "/nowhere/at/all" },
  { name: "prejoin", path: "/rooms/design/call", act: (page) => page.getByRole("button", { name: "Join now" }).waitFor() },
  {
    name: "prejoin-nothing",
    path: "/rooms/board/call",
    act: async (page) => {
      await page.getByRole("button", { name: "Join now" }).waitFor();
      await page.evaluate(() => {
        // @ts-expect-error -- the fake puts itself there
        const { media } = window.fake;
        media.set({
          microphone: false,
          camera: false,
          preview: null,
          devices: { microphone: [], camera: [], speaker: [] },
          canChooseSpeaker: false,
          problems: [
            { code: "no_device", device: "microphone" },
            { code: "blocked_for_site", device: "camera" },
          ],
        });
      });
      await page.getByText("No microphone was found").waitFor();
    },
  },
  {
    name: "prejoin-refused",
    path: "/rooms/board/call",
    act: async (page) => {
      await page.getByRole("button", { name: "Join now" }).waitFor();
      await page.evaluate(() => {
        // @ts-expect-error -- the fake puts itself there
        window.fake.media.set({ problems: [{ code: "no_encoded_transforms", device: null }] });
      });
      await page.getByText("cannot encrypt calls").waitFor();
    },
  },
  { name: "call", path: "/rooms/design/call", act: join },
  {
    name: "call-screen",
    path: "/rooms/design/call",
    act: async (page) => {
      await join(page);
      // @ts-expect-error -- the fake puts itself there
      await page.evaluate(() => window.fake.share());
      await page.getByRole("group", { name: "Carol Lindqvist, sharing screen" }).waitFor();
    },
  },
  {
    name: "call-screens-pinned",
    path: "/rooms/design/call",
    sizes: EVERYWHERE,
    act: async (page) => {
      await join(page);
      // @ts-expect-error -- the fake puts itself there
      await page.evaluate(() => window.fake.share());
      await page.getByRole("group", { name: "Carol Lindqvist, sharing screen" }).waitFor();
      await press(page, "Pin Bob Okafor");
      await press(page, "Unpin Bob Okafor");
      await press(page, "Pin Carol Lindqvist, sharing screen");
      await page.getByText("Pinned").waitFor();
    },
  },
  {
    name: "call-speaker",
    path: "/rooms/design/call",
    sizes: EVERYWHERE,
    act: async (page) => {
      await join(page);
      await look(page, true);
    },
  },
  {
    name: "call-pinned",
    path: "/rooms/design/call",
    sizes: EVERYWHERE,
    act: async (page) => {
      await join(page);
      await page.getByRole("button", { name: "Pin Dan Petrov" }).focus();
      await page.keyboard.press("Enter");
      await page.getByText("Pinned").waitFor();
    },
  },
  { name: "call-many", path: "/rooms/design/call", sizes: EVERYWHERE, act: (page) => crowd(page, 25) },
  {
    name: "call-many-speaker",
    path: "/rooms/design/call",
    sizes: EVERYWHERE,
    act: async (page) => {
      await crowd(page, 40);
      await look(page, true);
      // @ts-expect-error -- the fake puts itself there
      await page.evaluate(() => window.fake.speaks(12));
    },
  },
  {
    name: "call-pages",
    path: "/rooms/design/call",
    sizes: EVERYWHERE,
    act: async (page) => {
      await crowd(page, 60);
      await look(page, false);
      await press(page, "Next page");
      await page.getByText("Page 2 of").last().waitFor();
    },
  },
  {
    name: "call-layout-menu",
    path: "/rooms/design/call",
    sizes: ["desktop"],
    act: async (page) => {
      await join(page);
      await press(page, "Layout");
      await page.getByRole("menuitemradio", { name: "Speaker" }).waitFor();
    },
  },
  {
    name: "call-sharing",
    path: "/rooms/design/call",
    sizes: ["desktop"],
    act: async (page) => {
      await join(page);
      await press(page, "Share screen");
      await press(page, "Raise hand");
      await press(page, "Mute microphone");
      await page.getByText("You are sharing your screen").waitFor();
    },
  },
  {
    name: "call-alone",
    path: "/rooms/design/call",
    act: async (page) => {
      await join(page);
      // @ts-expect-error -- the fake puts itself there
      await page.evaluate(() => window.fake.alone());
      await page.getByText("only one here").waitFor();
    },
  },
  {
    name: "call-encryption",
    path: "/rooms/design/call",
    act: async (page) => {
      await join(page);
      await press(page, "Encryption");
      await page.getByRole("heading", { name: "Who holds the keys" }).waitFor();
    },
  },
  {
    name: "call-people",
    path: "/rooms/design/call",
    act: async (page) => {
      await join(page);
      await page.keyboard.press("p");
      await page.getByText("4 devices in the call").waitFor();
    },
  },
  {
    name: "call-chat-empty",
    path: "/rooms/design/call",
    act: async (page) => {
      await join(page);
      await press(page, "Chat");
      await page.getByText("No messages yet").waitFor();
    },
  },
  {
    name: "call-chat",
    path: "/rooms/design/call",
    sizes: EVERYWHERE,
    act: async (page) => {
      await join(page);
      await talk(page);
      await press(page, "Chat");
      await page.getByRole("textbox", { name: "Message to everyone in the call" }).fill("Half a thought");
      await page.getByText("whole width").waitFor();
    },
  },
  {
    name: "call-unread",
    path: "/rooms/design/call",
    sizes: EVERYWHERE,
    act: async (page) => {
      await join(page);
      await talk(page);
      await page.getByText("4 unread messages").waitFor({ state: "attached" });
      await page.evaluate(() => {
        // @ts-expect-error -- the fake puts itself there
        const { core } = window.fake;
        core.react(0, "celebrate");
        core.react(1, "like");
        core.react(2, "laugh");
        core.react(3, "surprised");
      });
      await page.getByRole("img", { name: "Celebrate" }).waitFor();
    },
  },
  {
    name: "call-reactions",
    path: "/rooms/design/call",
    sizes: ["desktop"],
    act: async (page) => {
      await join(page);
      await press(page, "Reactions");
      await page.getByRole("menuitem", { name: "Celebrate" }).waitFor();
    },
  },
  {
    name: "call-muted",
    path: "/rooms/design/call",
    sizes: EVERYWHERE,
    act: async (page) => {
      await join(page);
      // @ts-expect-error -- the fake puts itself there
      await page.evaluate(() => window.fake.media.ask("mute", "Bob Okafor"));
      await page.getByText("Bob Okafor muted you").waitFor();
    },
  },
  {
    name: "call-asked",
    path: "/rooms/design/call",
    act: async (page) => {
      await join(page);
      await press(page, "Mute microphone");
      await page.evaluate(() => {
        // @ts-expect-error -- the fake puts itself there
        const { media } = window.fake;
        media.set({ hand: true });
        media.ask("lower_hand", "Carol Lindqvist");
        media.ask("unmute", "Bob Okafor");
      });
      await page.getByText("Bob Okafor asks you").waitFor();
    },
  },
  {
    name: "call-more",
    path: "/rooms/design/call",
    sizes: ["phone"],
    act: async (page) => {
      await join(page);
      await press(page, "More");
      await page.getByRole("menuitem", { name: "Raise hand" }).waitFor();
    },
  },
  {
    name: "call-keys",
    path: "/rooms/design/call",
    sizes: ["desktop"],
    act: async (page) => {
      await join(page);
      await page.keyboard.press("?");
      await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
    },
  },
  {
    name: "call-trouble",
    path: "/rooms/design/call",
    act: async (page) => {
      await join(page);
      await page.evaluate(() => {
        // @ts-expect-error -- the fake puts itself there
        const { core, media } = window.fake;
        core.setCall({ ...core.call, phase: "reconnecting" });
        media.set({ problems: [{ code: "autoplay_blocked", device: null }, { code: "device_new", device: "microphone", label: "USB headset" }] });
      });
      await page.getByText("Click to hear the meeting").waitFor();
    },
  },
  {
    name: "call-removed",
    path: "/rooms/design/call",
    act: async (page) => {
      await join(page);
      await page.evaluate(() => {
        // @ts-expect-error -- the fake puts itself there
        const { core } = window.fake;
        core.setCall({ ...core.call, phase: "removed" });
      });
      await page.getByText("You were removed").waitFor();
    },
  },
  {
    name: "call-elsewhere",
    path: "/rooms/design/call",
    act: async (page) => {
      await join(page);
      await page.getByRole("link", { name: "Back to room" }).click();
      await page.getByRole("log").waitFor();
    },
  },
];
