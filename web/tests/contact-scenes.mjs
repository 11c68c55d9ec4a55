import { press } from "./scenes.mjs";

/**
 * The contact card of a member of the design room.
 *
 * @param {import("playwright-core").Page} page @param {string} name
 */
async function card(page, name) {
  await press(page, "Room details");
  await page.getByRole("button", { name: `Contact: ${name}` }).last().click();
  await page.getByRole("dialog", { name: "Contact" }).getByRole("heading", { name: "Identity key" }).waitFor();
}

/** @param {import("playwright-core").Page} page */
async function watch(page) {
  await card(page, "Carol Lindqvist");
  await press(page, "Watch ID video");
}

/** @param {import("playwright-core").Page} page */
async function record(page) {
  await page.getByRole("heading", { name: "ID video" }).waitFor();
  await press(page, "Record ID video");
  await page.getByRole("button", { name: "Start recording" }).waitFor();
}

/** @param {import("playwright-core").Page} page @param {string} what */
const refuse = (page, what) => page.evaluate((what) => /** @type {any} */ (window).fake.refuse(what), what);

/** @param {import("playwright-core").Page} page @param {string | null} code */
const download = async (page, code) => {
  await page.getByRole("button", { name: "Room details" }).waitFor();
  await page.evaluate((code) => {
    const { transfers } = /** @type {any} */ (window).fake;
    transfers.give = code === null ? null : () => Promise.resolve();
    const begin = transfers.download.bind(transfers);
    transfers.download = (/** @type {unknown[]} */ ...args) => {
      transfers.give = null;
      const begun = begin(...args);
      if (code !== null) transfers.downloads.at(-1).end({ ok: false, failure: { code, params: {} } });
      return begun;
    };
  }, code);
};

/**
 * Contacts, and who they are.
 *
 * @type {import("./scenes.mjs").Scene[]}
 */
export const CONTACT_SCENES = [
  { name: "contact", path: "/rooms/design", act: (page) => card(page, "Carol Lindqvist") },
  { name: "contact-verified", path: "/rooms/design", act: (page) => card(page, "Bob Okafor") },
  { name: "contact-changed", path: "/rooms/design", act: (page) => card(page, "Dan Petrov") },
  {
    name: "contact-declined",
    path: "/rooms/design",
    act: async (page) => {
      await card(page, "Carol Lindqvist");
      await press(page, "Block");
      await page.getByRole("button", { name: "Allow again" }).waitFor();
    },
  },
  {
    name: "contact-in-person",
    path: "/rooms/design",
    act: async (page) => {
      await card(page, "Carol Lindqvist");
      await press(page, "Verify");
      await page.getByRole("list", { name: "Words" }).waitFor();
    },
  },
  {
    name: "id-video-loading",
    path: "/rooms/design",
    act: async (page) => {
      await download(page, null);
      await watch(page);
      await page.getByText("Fetching the video…").waitFor();
    },
  },
  {
    name: "id-video-failed",
    path: "/rooms/design",
    act: async (page) => {
      await download(page, "offline");
      await watch(page);
      await page.getByRole("button", { name: "Try again" }).waitFor();
    },
  },
  {
    name: "id-video-replaced",
    path: "/rooms/design",
    act: async (page) => {
      await download(page, "file_expired");
      await watch(page);
      await page.getByText("The newer one is on its way", { exact: false }).waitFor();
    },
  },
  {
    name: "id-video",
    path: "/rooms/design",
    act: async (page) => {
      await watch(page);
      await page.getByRole("button", { name: "Play", exact: true }).waitFor();
    },
  },
  {
    name: "id-video-watched",
    path: "/rooms/design",
    act: async (page) => {
      await watch(page);
      await page.getByRole("button", { name: "Play", exact: true }).click();
      await page.getByRole("button", { name: "Play again" }).waitFor();
    },
  },
  { name: "id-video-record", path: "/profile", act: record },
  {
    name: "id-video-recording",
    path: "/profile",
    act: async (page) => {
      await record(page);
      await press(page, "Start recording");
      await page.getByRole("button", { name: "Stop recording" }).waitFor();
    },
  },
  {
    name: "id-video-review",
    path: "/profile",
    act: async (page) => {
      await record(page);
      await press(page, "Start recording");
      await press(page, "Stop recording");
      await page.getByRole("button", { name: "Use this video" }).waitFor();
    },
  },
  {
    name: "id-video-no-camera",
    path: "/profile",
    act: async (page) => {
      await page.evaluate(() => {
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotFoundError"));
      });
      await page.getByRole("heading", { name: "ID video" }).waitFor();
      await press(page, "Record ID video");
      await page.getByText("No camera was found").waitFor();
    },
  },
  { name: "profile-identity", path: "/profile", act: (page) => page.getByRole("list", { name: "Words" }).scrollIntoViewIfNeeded() },
  ...["verify_first", "not_verified", "contact_declined", "identity_changed"].map((refusal) => ({
    name: `refusal-${refusal}`,
    path: "/rooms/bob",
    act: async (/** @type {import("playwright-core").Page} */ page) => {
      await page.getByRole("heading", { name: "Bob Okafor" }).waitFor();
      await refuse(page, refusal);
      await page.locator(".room-refusal").waitFor();
    },
  })),
];
