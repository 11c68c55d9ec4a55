import { press } from "./scenes.mjs";

/** @typedef {import("playwright-core").Page} Page */

/** Light and dark, on a desk, at 200 % zoom and on a small phone. */
const EVERYWHERE = ["desktop", "zoomed", "small"];

/** Nothing to break it at. */
const WORD = "Donaudampfschifffahrtsgesellschaftskapitaenswitwe".repeat(10).slice(0, 500);
const ARABIC = "عبد الرحمن بن محمد الأنصاري";
const HEBREW = "שירה בן־דוד";
const EMOJI = "Zoë 👩‍👩‍👧‍👦🏴󠁧󠁢󠁳󠁣󠁴󠁿🇨🇭❤️‍🔥👩🏽‍🚀";

/**
 * Acts on the fake, as the page knows it.
 *
 * @param {Page} page @param {(fake: any, given: any) => void} act @param {unknown} [given]
 */
const play = (page, act, given) => page.evaluate(`(${act.toString()})(window.fake, ${JSON.stringify(given ?? null)})`);

/**
 * Everybody has a name that is hard to show, and the rooms have titles likewise.
 *
 * @param {Page} page
 */
async function hardNames(page) {
  await page.getByRole("button", { name: "New room" }).or(page.getByRole("textbox", { name: "Message" })).first().waitFor();
  await play(
    page,
    (fake, { word, arabic, hebrew, emoji }) => {
      const { core, make } = fake;
      const named = [arabic, hebrew, emoji, word].map((name, index) => {
        const email = index === 3 ? `${word.slice(0, 60)}@${word.slice(0, 60)}.example` : `person${String(index)}@example.org`;
        return Object.assign(make.person(name, ["verified", "unverified", "changed", "blocked"][index]), { user_id: `user-hard-${String(index)}`, email });
      });
      const [me] = core.rooms[0].members;
      const own = { ...me, name: emoji + " " + word.slice(0, 120) };
      const now = Date.now();
      core.session = { ...core.session, me: own };
      core.tell({ type: "session", session: core.session });
      core.rooms = [
        make.room("hard", word, [own, ...named], { preview: word, unread: 120, named: true, muted: true, active_at: now - 60_000, keys: "stale", ttl_ms: 86_400_000, guest_links: [{ link_id: "l", secret: "c2VjcmV0", expires_at: now + 3_600_000, by: word, mine: true }] }),
        make.room("arabic", "مراجعة التصميم (2026)", [own, ...named], { preview: "هل نلتقي يوم الخميس الساعة 14:30؟", draft: "", active_at: now - 120_000 }),
        make.room("hebrew", hebrew, [own, named[1]], { kind: "direct", preview: "English, then עברית, then 123-456.", active_at: now - 180_000 }),
        make.room("emoji", emoji, [own, named[2]], { kind: "direct", draft: `${emoji} ${arabic}`, active_at: now - 240_000 }),
      ];
      core.tell({ type: "rooms", rooms: core.rooms });
      const card = core.answers;
      card.set("look_at_contact", { type: "contact", value: { person: named[0], verified_by: "video", said_at: now, video: make.someVideo("x") } });
      card.set("list_contacts", { type: "contacts", value: named.map((each) => Object.assign(structuredClone(each), { trust: "blocked" })) });
    },
    { word: WORD, arabic: ARABIC, hebrew: HEBREW, emoji: EMOJI },
  );
}

/** @param {Page} page @param {string} room of those with hard names */
async function hardRoom(page, room) {
  await hardNames(page);
  await page.locator(`a[href="/rooms/${room}"]`).click();
  await page.getByRole("textbox", { name: "Message" }).waitFor();
  await play(
    page,
    (fake, { room, word, arabic, hebrew }) => {
      const { core, make } = fake;
      const people = core.rooms.find((/** @type {any} */ each) => each.room_id === room).members;
      const now = Date.now();
      const [me, first, second = first, third = first, fourth = first] = people;
      const mixed = make.text(2, second, now - 540_000, "English, then עברית (עם סוגריים), then 123-456; and an end!", { reply_to: null });
      for (const message of [
        make.event(1, first, now - 600_000, "added", { by: arabic, who: hebrew }),
        make.event(1.5, first, now - 590_000, "renamed", { by: word, title: word }),
        mixed,
        make.text(3, first, now - 480_000, "مرحبا Bob، انظر إلى https://example.org/تصميم?y=1 الآن!\n\n- **الأرقام** 2026\n- `report.sh --quarter 3`\n\n> هل نلتقي؟", { reactions: [{ emoji: "👍", names: [hebrew, arabic], mine: true }] }),
        make.text(4, third, now - 420_000, "👩‍👩‍👧‍👦🏴󠁧󠁢󠁳󠁣󠁴󠁿🇨🇭❤️‍🔥👩🏽‍🚀"),
        { ...make.text(5, me, now - 360_000, `@${arabic} ${hebrew}: ${word.slice(0, 80)}`, { reply_to: make.quoteOf(mixed), mentions: [{ user_id: first.user_id, name: arabic, me: false }] }), mine: true, delivery: "read" },
        { ...make.text(6, me, now - 300_000, "أنا قادم، see you there.", { read_by: [arabic, word.slice(0, 90)] }), mine: true, delivery: "delivered" },
        make.text(7, fourth, now - 240_000, word, { edited: true, ends_at: now + 3_600_000 }),
      ]) core.receive(room, message);
    },
    { room, word: WORD, arabic: ARABIC, hebrew: HEBREW },
  );
  await page.getByText("see you there").first().waitFor();
}

/** @param {Page} page @param {string} item of the user's menu */
async function menu(page, item) {
  await page.locator(".user-button").click();
  await page.getByRole("menuitem", { name: item }).click();
  await page.getByRole("heading", { name: item, level: 1 }).waitFor();
}

/** @param {Page} page @param {string} command @param {string | null} code why it fails; nothing: it is never answered */
const answer = (page, command, code) =>
  play(
    page,
    (fake, { command, code }) => {
      fake.core.answers.set(command, code === null ? new Promise(() => {}) : { type: "failed", value: { code, params: {} } });
    },
    { command, code },
  );

/** @param {Page} page */
const home = (page) => page.getByRole("button", { name: "New room" }).waitFor();

/** @param {string} name @param {string} path @param {(page: Page) => Promise<void>} act @returns {import("./scenes.mjs").Scene} */
const scene = (name, path, act) => ({ name: `state-${name}`, path, sizes: EVERYWHERE, act });

/** @param {Page} page @param {readonly string[]} names */
async function tray(page, names) {
  const asked = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Attach file" }).click();
  await (await asked).setFiles(names.map((name) => ({ name, mimeType: "application/pdf", buffer: Buffer.alloc(48_000) })));
  await page.getByRole("group", { name: "Files to send" }).waitFor();
}

/**
 * What is empty, on its way or failed; names and texts that are hard to show.
 *
 * @type {import("./scenes.mjs").Scene[]}
 */
export const STATE_SCENES = [
  scene("rooms-loading", "/", async (page) => {
    await home(page);
    await page.evaluate(() => /** @type {any} */ (window).fake.client.rooms.set(null));
  }),
  scene("rooms-hard-names", "/", hardNames),
  scene("room-loading", "/", async (page) => {
    await home(page);
    await answer(page, "open_room", null);
    await page.locator(`a[href="/rooms/board"]`).click();
    await page.getByText("Opening messages…").waitFor();
  }),
  scene("room-empty", "/", async (page) => {
    await home(page);
    await play(page, (fake) => fake.core.fill("board", []));
    await page.locator(`a[href="/rooms/board"]`).click();
    await page.getByText("Nothing here yet").waitFor();
  }),
  scene("room-hard-names", "/", (page) => hardRoom(page, "hard")),
  scene("room-hard-typing", "/", async (page) => {
    await hardRoom(page, "arabic");
    await play(page, (fake, names) => fake.core.tell({ type: "typing", room_id: "arabic", names }), [ARABIC, WORD]);
    await page.getByText("are typing…").waitFor();
  }),
  scene("room-right-to-left", "/", async (page) => {
    await hardRoom(page, "arabic");
    await page.getByRole("textbox", { name: "Message" }).fill("نعم، في 14:30 (Room B).");
  }),
  scene("room-hard-names-above", "/", async (page) => {
    await hardRoom(page, "arabic");
    await page.getByRole("log").evaluate((log) => {
      log.scrollTop = 0;
    });
  }),
  scene("room-hard-details", "/", async (page) => {
    await hardRoom(page, "hard");
    await press(page, "Room details");
    await page.getByRole("complementary", { name: "Room details" }).waitFor();
  }),
  scene("room-hard-contact", "/", async (page) => {
    await hardRoom(page, "hard");
    await press(page, "Room details");
    await page.getByRole("complementary").getByRole("button", { name: ARABIC }).first().click();
    await page.getByRole("dialog").getByRole("heading", { name: "Identity key" }).waitFor();
  }),
  scene("room-hard-leave", "/", async (page) => {
    await hardRoom(page, "hard");
    await press(page, "Room details");
    await press(page, "Leave room");
    await page.getByRole("alertdialog").waitFor();
  }),
  scene("room-send-failed", "/", async (page) => {
    await home(page);
    await page.locator(`a[href="/rooms/board"]`).click();
    await answer(page, "send_text", "too_many_unsent");
    await page.getByRole("textbox", { name: "Message" }).fill("A thought that does not get through.");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").filter({ hasText: /./ }).first().waitFor();
  }),
  scene("search-hard", "/", async (page) => {
    await hardRoom(page, "arabic");
    if (await page.getByRole("link", { name: "All rooms" }).isVisible()) await page.getByRole("link", { name: "All rooms" }).click();
    await page.getByRole("searchbox", { name: "Search" }).fill("عبد");
    await page.getByRole("heading", { name: "People" }).waitFor();
  }),
  scene("search-nothing", "/", async (page) => {
    await home(page);
    await page.getByRole("searchbox", { name: "Search" }).fill(WORD);
    await page.getByText("Nothing was found on this device.").waitFor();
  }),
  scene("search-failed", "/", async (page) => {
    await home(page);
    await answer(page, "search", "not_ready");
    await page.getByRole("searchbox", { name: "Search" }).fill("harbour");
    await page.getByRole("alert").filter({ hasText: /./ }).first().waitFor();
  }),
  scene("files-hard-names", "/rooms/board", async (page) => {
    await page.getByRole("textbox", { name: "Message" }).waitFor();
    await play(
      page,
      (fake, { word, arabic }) => {
        fake.core.receive("board", fake.file(20_001, "carol", `${word}.pdf`, "application/pdf", {}, word));
        fake.core.receive("board", fake.file(20_002, "alice", `${arabic} 2026.zip`, "application/zip", { may_save: false }, arabic));
      },
      { word: WORD.slice(0, 200), arabic: ARABIC },
    );
    await tray(page, [`${WORD.slice(0, 120)}.pdf`, `${ARABIC}.pdf`, "harmless\u202Efdp.exe"]);
  }),
  scene("files-on-their-way", "/rooms/board", async (page) => {
    await page.getByRole("textbox", { name: "Message" }).waitFor();
    await play(page, (fake) => {
      fake.transfers.give = null;
      fake.core.receive("board", fake.file(20_001, "carol", "harbour.png", "image/png", { width: 960, height: 640 }, ""));
      fake.core.receive("board", fake.file(20_002, "carol", "figures.zip", "application/zip", {}, ""));
    });
    await press(page, "Save figures.zip");
    await page.getByRole("progressbar").first().waitFor();
  }),
  scene("files-failed", "/rooms/board", async (page) => {
    await page.getByRole("textbox", { name: "Message" }).waitFor();
    await play(page, (fake) => {
      const { transfers } = fake;
      transfers.give = null;
      const begin = transfers.download.bind(transfers);
      transfers.download = (/** @type {unknown[]} */ ...args) => {
        const begun = begin(...args);
        transfers.downloads.at(-1).end({ ok: false, failure: { code: "file_expired", params: {} } });
        return begun;
      };
      fake.core.receive("board", fake.file(20_001, "carol", "harbour.png", "image/png", { width: 960, height: 640 }, ""));
      fake.core.receive("board", fake.file(20_002, "carol", "figures.zip", "application/zip", {}, ""));
    });
    await press(page, "Save figures.zip");
    await page.getByRole("button", { name: "Try again" }).first().waitFor();
  }),
  scene("contact-loading", "/rooms/design", async (page) => {
    await press(page, "Room details");
    await answer(page, "look_at_contact", null);
    await page.getByRole("complementary").getByRole("button", { name: "Contact: Carol Lindqvist" }).click();
    await page.getByRole("dialog", { name: "Contact" }).waitFor();
  }),
  scene("contact-failed", "/rooms/design", async (page) => {
    await press(page, "Room details");
    await answer(page, "look_at_contact", "unavailable");
    await page.getByRole("complementary").getByRole("button", { name: "Contact: Carol Lindqvist" }).click();
    await page.getByRole("dialog").getByRole("alert").waitFor();
  }),
  scene("locked", "/", async (page) => {
    await home(page);
    await play(page, (fake) => fake.core.lock());
    await page.getByRole("button", { name: "Unlock" }).click();
    await page.getByText("Enter your password.").waitFor();
  }),
  scene("locked-erase", "/", async (page) => {
    await home(page);
    await play(page, (fake) => fake.core.lock());
    await page.getByRole("button", { name: "Forgot password?" }).click();
    await page.getByRole("alertdialog").waitFor();
  }),
  scene("lock-settings", "/settings", async (page) => {
    await page.getByRole("switch", { name: /Ask for the password/ }).waitFor();
    await page.evaluate(() => /** @type {any} */ (window).fake.core.tell({ type: "store_lock", on: true }));
    await page.getByRole("button", { name: "Lock now" }).scrollIntoViewIfNeeded();
  }),
  scene("lock-failed", "/settings", async (page) => {
    await page.getByRole("switch", { name: /Ask for the password/ }).waitFor();
    await answer(page, "set_lock", "wrong_password");
    await page.locator("label").filter({ hasText: "Ask for the password" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Password", { exact: true }).fill("not it");
    await dialog.getByRole("button", { name: "Turn on" }).click();
    await dialog.getByRole("alert").filter({ hasText: /./ }).waitFor();
  }),
  scene("devices-loading", "/", async (page) => {
    await home(page);
    await answer(page, "list_devices", null);
    await menu(page, "Devices");
  }),
  scene("devices-failed", "/", async (page) => {
    await home(page);
    await answer(page, "list_devices", "unavailable");
    await menu(page, "Devices");
    await page.getByRole("alert").filter({ hasText: /./ }).first().waitFor();
  }),
  scene("devices-hard-names", "/", async (page) => {
    await home(page);
    await play(
      page,
      (fake, { word, arabic }) => {
        const value = [word, arabic, "Firefox on Windows"].map((name, index) => ({ device_id: `d${String(index)}`, name, added_at: Date.now(), this_device: index === 0 }));
        fake.core.answers.set("list_devices", { type: "devices", value });
      },
      { word: WORD.slice(0, 120), arabic: ARABIC },
    );
    await menu(page, "Devices");
  }),
  scene("devices-one", "/", async (page) => {
    await home(page);
    await play(page, (fake) => fake.core.answers.set("list_devices", { type: "devices", value: [{ device_id: "d", name: "Chromium on Linux", added_at: Date.now(), this_device: true }] }));
    await menu(page, "Devices");
    await page.getByText("Chromium on Linux").waitFor();
  }),
  scene("settings-loading", "/", async (page) => {
    await home(page);
    await answer(page, "list_contacts", null);
    await menu(page, "Settings");
    await page.getByRole("heading", { name: "Contacts" }).scrollIntoViewIfNeeded();
  }),
  scene("settings-failed", "/", async (page) => {
    await home(page);
    await answer(page, "list_contacts", "unavailable");
    await menu(page, "Settings");
    await page.getByRole("heading", { name: "Contacts" }).scrollIntoViewIfNeeded();
  }),
  scene("settings-hard-names", "/", async (page) => {
    await hardNames(page);
    await menu(page, "Settings");
    await page.getByRole("heading", { name: "Contacts" }).scrollIntoViewIfNeeded();
  }),
  scene("settings-below", "/settings", (page) => page.getByRole("heading", { name: "Appearance" }).scrollIntoViewIfNeeded()),
  scene("profile-hard-names", "/", async (page) => {
    await hardNames(page);
    await menu(page, "Profile");
  }),
  scene("profile-id-video-failed", "/", async (page) => {
    await home(page);
    await answer(page, "plan_id_video", "unavailable");
    await menu(page, "Profile");
    await press(page, "Record ID video");
    await page.getByRole("alert").filter({ hasText: /./ }).first().waitFor();
  }),
  scene("new-room-hard", "/", async (page) => {
    await hardNames(page);
    await press(page, "New room");
    await page.getByRole("textbox", { name: "Room name" }).fill(WORD);
    const people = page.getByRole("combobox", { name: "Add people" });
    await people.fill("ע");
    await page.getByRole("option").first().waitFor().catch(() => undefined);
  }),
];
