// A window that gets as narrow as a phone and wide again, as when a tablet is turned: who reads keeps their place, and what is
// open stays open. On a core that plays a long room (`web/src/testing`).
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FakeApp } from "./support/fake-app.mjs";
import { PATIENCE_MS, until } from "./support/person.mjs";

const WIDE = { width: 1024, height: 768 };
const NARROW = { width: 390, height: 780 };

/** A line of text: as far as a message may move when the words in it and above it wrap anew. */
const SLACK_PX = 24;

/** More than a line on a phone. */
const HALF = "Half of a sentence that goes on for longer than a phone is wide";

let app;
let page;

before(async () => {
  app = await FakeApp.open();
  const context = await app.browser.newContext({ viewport: WIDE, locale: "en-GB", reducedMotion: "reduce" });
  page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
});

after(() => app?.close());

const messages = () => page.getByRole("log", { name: "Messages" });

/** The first message whose beginning shows, and how far below the upper edge it is. */
const place = () =>
  messages().evaluate((box) => {
    const edge = box.getBoundingClientRect().top;
    const seen = [...box.querySelectorAll("[data-message]")].map((each) => ({ id: each.dataset.message, top: each.getBoundingClientRect().top - edge }));
    return seen.find(({ top }) => top >= 0);
  });

const topOf = (id) => messages().evaluate((box, id) => box.querySelector(`[data-message="${id}"]`).getBoundingClientRect().top - box.getBoundingClientRect().top, id);

async function scrollTo(id) {
  await messages().evaluate((box, id) => {
    const element = box.querySelector(`[data-message="${id}"]`);
    box.scrollTop += element.getBoundingClientRect().top - box.getBoundingClientRect().top;
  }, id);
}

test("who turns a tablet reads on where they were, with what is open and written", async () => {
  await page.goto(`${app.origin}/rooms/archive`);
  await page.getByRole("textbox", { name: "Message" }).fill(HALF);
  await page.getByRole("button", { name: "Room details" }).click();
  await page.getByRole("complementary", { name: "Room details" }).waitFor();
  await page.getByRole("textbox", { name: "Message" }).focus();
  const ids = await messages().evaluate((box) => [...box.querySelectorAll("[data-message]")].map((each) => each.dataset.message));
  await scrollTo(ids[Math.floor(ids.length / 2)]);
  await page.getByRole("button", { name: "Jump to the newest message" }).waitFor();
  const { id, top } = await place();
  for (const size of [NARROW, WIDE, NARROW, WIDE]) {
    await page.setViewportSize(size);
    const near = async () => Math.abs((await topOf(id)) - top) <= SLACK_PX;
    await until(`the message is where it was at ${size.width} px`, near);
    await page.getByRole("complementary", { name: "Room details" }).waitFor();
    assert.equal(await page.getByRole("textbox", { name: "Message" }).inputValue(), HALF);
    // The whole of it shows.
    await until("the box fits its text", () => page.getByRole("textbox", { name: "Message" }).evaluate((box) => Math.abs(box.scrollHeight - box.clientHeight) <= 2));
    assert.equal(await page.evaluate(() => document.activeElement?.tagName), "TEXTAREA");
  }
});
