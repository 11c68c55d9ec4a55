import { press } from "./scenes.mjs";

/** @param {import("playwright-core").Page} page @param {string} text */
const messageOf = (page, text) => page.getByRole("article").filter({ hasText: text }).last();

/**
 * Comes to a message as the keyboard does.
 *
 * @param {import("playwright-core").Page} page @param {string} text
 */
async function reach(page, text) {
  await messageOf(page, text).waitFor();
  await page.getByRole("textbox", { name: "Message" }).focus();
  await page.keyboard.press("Shift+Tab");
  await messageOf(page, text).focus();
  await page.getByRole("toolbar", { name: "Message actions" }).waitFor();
}

/** @param {import("playwright-core").Page} page @param {string} text @param {string} item */
async function choose(page, text, item) {
  await reach(page, text);
  await press(page, "More");
  await page.getByRole("menuitem", { name: item }).click();
}

const FIGURES = "Figures";
const PRINTER = "I will call the printer.";
const LONG = "Donaudampfschifffahrtsgesellschaftskapitänswitwe".repeat(6);

/**
 * What can be done with messages, and while one writes.
 *
 * @type {import("./scenes.mjs").Scene[]}
 */
export const MESSAGE_SCENES = [
  { name: "messages", path: "/rooms/board", act: (page) => messageOf(page, PRINTER).waitFor() },
  {
    name: "messages-above",
    path: "/rooms/board",
    act: async (page) => {
      await messageOf(page, PRINTER).waitFor();
      await page.getByRole("log").evaluate((log) => {
        log.scrollTop = 0;
      });
    },
  },
  { name: "message-actions", path: "/rooms/board", act: (page) => reach(page, PRINTER) },
  {
    name: "message-reactions",
    path: "/rooms/board",
    act: async (page) => {
      await reach(page, PRINTER);
      await press(page, "React");
      await page.getByRole("grid", { name: "Reactions" }).waitFor();
    },
  },
  {
    name: "message-more",
    path: "/rooms/board",
    act: async (page) => {
      await reach(page, PRINTER);
      await press(page, "More");
      await page.getByRole("menuitem", { name: "Delete" }).waitFor();
    },
  },
  {
    name: "message-delete",
    path: "/rooms/board",
    act: async (page) => {
      await choose(page, PRINTER, "Delete");
      await page.getByRole("alertdialog").waitFor();
    },
  },
  {
    name: "message-reply",
    path: "/rooms/board",
    act: async (page) => {
      await reach(page, "goes when you have read it");
      await press(page, "Reply");
      await page.getByRole("textbox", { name: "Message" }).fill("I have read it now.");
      await page.getByText("Reply to Carol Lindqvist", { exact: true }).waitFor();
    },
  },
  {
    name: "message-edit",
    path: "/rooms/board",
    act: async (page) => {
      await choose(page, PRINTER, "Edit");
      await page.getByText("Editing message").waitFor();
    },
  },
  {
    name: "message-found",
    path: "/rooms/board",
    sizes: ["desktop"],
    act: async (page) => {
      await page.getByRole("button", { name: "In reply to Alice" }).click();
      await page.locator(".message-found").waitFor();
    },
  },
  {
    name: "message-names",
    path: "/rooms/design",
    act: async (page) => {
      await page.getByRole("textbox", { name: "Message" }).pressSequentially("What do you think, @");
      await page.getByRole("listbox", { name: "Members" }).waitFor();
      await page.keyboard.press("ArrowDown");
    },
  },
  {
    name: "message-timers",
    path: "/rooms/design",
    act: async (page) => {
      await press(page, "Timer for what you write");
      await page.getByRole("menuitemradio", { name: "8 hours" }).waitFor();
    },
  },
  {
    name: "message-timer-chip",
    path: "/rooms/design",
    act: async (page) => {
      for (const time of ["8 hours", "10 seconds"]) {
        await press(page, "Timer for what you write");
        await page.getByRole("menuitemradio", { name: time }).click();
      }
      await page.getByText("Deletes 10 seconds after reading").waitFor();
    },
  },
  {
    name: "message-disappearing",
    path: "/rooms/board",
    act: async (page) => {
      await press(page, "Room details");
      await page.getByRole("heading", { name: "Disappearing messages" }).scrollIntoViewIfNeeded();
    },
  },
  {
    name: "message-disappearing-told",
    path: "/rooms/archive",
    sizes: ["desktop"],
    act: async (page) => {
      await press(page, "Room details");
      await page.getByRole("heading", { name: "Disappearing messages" }).scrollIntoViewIfNeeded();
    },
  },
  {
    name: "message-long-words",
    path: "/rooms/board",
    act: async (page) => {
      await messageOf(page, PRINTER).waitFor();
      await page.evaluate((long) => {
        // @ts-expect-error -- the fake puts itself there
        const { core, wrote } = window.fake;
        const first = wrote(90, "carol", `${long}\n\n> ${long}\n\n- **${long}**\n\n\`${long}\`\n\nhttps://example.org/${long}`);
        core.receive("board", { ...first, reactions: ["👍", "🎉", "❤️", "😂", "😮", "🙏", "🔥", "💯"].map((emoji) => ({ emoji, names: [long], mine: emoji === "🎉" })) });
        core.receive("board", { ...wrote(91, "alice", long), reply_to: { message_id: first.message_id, author_name: long, preview: long }, edited: true });
      }, LONG);
      await page.getByText(LONG).last().waitFor();
    },
  },
  {
    name: "message-right-to-left",
    path: "/rooms/board",
    act: async (page) => {
      await messageOf(page, PRINTER).waitFor();
      await page.evaluate(() => {
        document.documentElement.dir = "rtl";
        // @ts-expect-error -- the fake puts itself there
        const { core, wrote } = window.fake;
        const first = wrote(90, "carol", "مرحبا بالجميع. **الأرقام** جاهزة:\n\n- السفر\n- الطباعة\n\n> من يتصل بالمطبعة؟");
        core.receive("board", first);
        core.receive("board", { ...wrote(91, "alice", "أنا أتصل غدا، `report.sh` عندي."), reply_to: { message_id: first.message_id, author_name: "Carol", preview: "مرحبا بالجميع" }, reactions: [{ emoji: "👍", names: ["Carol"], mine: false }] });
      });
      await page.getByRole("article").filter({ hasText: "report.sh" }).last().hover();
    },
  },
  {
    name: "message-figures",
    path: "/rooms/board",
    sizes: ["phone"],
    act: async (page) => {
      await reach(page, FIGURES);
    },
  },
];
