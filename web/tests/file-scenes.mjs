/** @typedef {import("playwright-core").Page} Page */

const WAVEFORM = Buffer.from(Array.from({ length: 48 }, (_, index) => Math.round(40 + 200 * Math.abs(Math.sin(index / 3) * Math.cos(index / 11))))).toString("base64url");

/** @param {Page} page @param {readonly (readonly [order: number, who: string, name: string, type: string, change: object, words: string])[]} files */
async function receive(page, files) {
  await page.getByRole("textbox", { name: "Message" }).waitFor();
  await page.evaluate((files) => {
    // @ts-expect-error -- mode fake
    for (const file of files) window.fake.core.receive("board", window.fake.file(...file));
  }, files);
}

/** @param {Page} page @param {readonly string[]} names */
async function choose(page, names) {
  const asked = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Attach file" }).click();
  await (await asked).setFiles(names.map((name) => ({ name, mimeType: name.endsWith(".png") ? "image/png" : "application/pdf", buffer: Buffer.alloc(48_000) })));
  await page.getByRole("group", { name: "Files to send" }).waitFor();
}

/**
 * Files in messages, and on their way.
 *
 * @type {import("./scenes.mjs").Scene[]}
 */
export const FILE_SCENES = [
  {
    name: "files",
    path: "/rooms/board",
    act: async (page) => {
      await receive(page, [
        [20_001, "carol", "Figures for the third quarter, with all the notes of the auditors.xlsx", "application/vnd.ms-excel", {}, ""],
        [20_002, "alice", "harbour.png", "image/png", { width: 960, height: 640, may_save: false }, "From the *bridge*, this morning"],
      ]);
      await page.getByRole("img", { name: "Picture harbour.png" }).waitFor();
    },
  },
  {
    name: "voice-notes",
    path: "/rooms/board",
    act: async (page) => {
      const voice = { duration_ms: 42_000, waveform: WAVEFORM };
      await receive(page, [
        [20_001, "carol", "Voice note.webm", "audio/webm", voice, ""],
        [20_002, "alice", "Voice note.webm", "audio/webm", voice, ""],
        [20_003, "carol", "minutes.zip", "application/zip", { may_save: false }, ""],
      ]);
      await page.evaluate(() => {
        // @ts-expect-error -- mode fake
        window.fake.core.receive("board", window.fake.broken(20_004));
      });
      await page.getByText(/Ask Carol/).waitFor();
    },
  },
  {
    name: "files-tray",
    path: "/rooms/board",
    act: async (page) => {
      await choose(page, ["Agenda for Thursday.pdf", "harbour.png", "A name that goes on for much longer than anybody would want to read it.pdf"]);
      await page.getByRole("textbox", { name: "Message" }).fill("All of it");
      await page.locator(".file-tray .switch").click();
    },
  },
  {
    name: "files-sending",
    path: "/rooms/board",
    act: async (page) => {
      await choose(page, ["Agenda for Thursday.pdf", "Minutes.pdf", "Third.pdf"]);
      await page.getByRole("button", { name: "Send" }).click();
      await page.getByText("Waits for the others").waitFor();
      await page.evaluate(() => {
        // @ts-expect-error -- mode fake
        const [first, second] = window.fake.transfers.uploads;
        first.progress.set({ done: 30_000, total: 48_000, state: "running" });
        second.fail("quota_exceeded");
      });
      await page.getByText(/fill the space/).waitFor();
    },
  },
];
