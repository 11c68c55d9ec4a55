// PDFs in messages: drawn by ourselves from memory, under the policy of the real server, in a core that plays the account.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { POLICY } from "../../web/tests/serve.mjs";
import { FakeApp, violations } from "./support/fake-app.mjs";
import { pdf } from "./support/pdf.mjs";
import { PATIENCE_MS, until } from "./support/person.mjs";

let app;

before(async () => {
  app = await FakeApp.open();
});

after(() => app?.close());

/** A room in which Carol has sent the file; what went wrong in the page beside. */
async function received(bytes, { name = "figures.pdf", change = {} } = {}) {
  const context = await app.browser.newContext({ viewport: { width: 1280, height: 800 }, locale: "en-GB", reducedMotion: "reduce" });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const problems = [];
  const asked = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  page.on("request", (request) => asked.push(request.url()));
  await page.goto(`${app.origin}/rooms/board`);
  await page.getByRole("textbox", { name: "Message" }).waitFor();
  await page.evaluate(
    ({ base64, name, change }) => {
      const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
      globalThis.given = [];
      globalThis.fake.transfers.give = (_, mediaType) => {
        globalThis.given.push(mediaType);
        return Promise.resolve(new Blob([bytes], { type: mediaType }));
      };
      globalThis.fake.core.receive("board", globalThis.fake.file(20_001, "carol", name, "application/pdf", change, ""));
    },
    { base64: bytes.toString("base64"), name, change },
  );
  return { page, problems, asked, close: () => context.close() };
}

const open = (page, name = "figures.pdf") => page.getByRole("button", { name: `Open ${name}` }).click();
const dialog = (page) => page.getByRole("dialog");
const button = (page, name) => dialog(page).getByRole("button", { name, exact: true });

/** Of what was drawn: its size, and the colour in the middle of the square that each page has. */
const drawn = (page) =>
  page.locator(".pdf-sheet canvas").evaluate((canvas) => {
    const at = (x, y) => [...canvas.getContext("2d").getImageData(Math.round((canvas.width * x) / 300), Math.round((canvas.height * (400 - y)) / 400), 1, 1).data];
    return { width: canvas.width, square: at(100, 100), paper: at(250, 380) };
  });

test("a PDF is read page by page, with its words, larger and smaller, and by keyboard; axe-core finds nothing", async () => {
  const { page, problems, asked, close } = await received(pdf(["Figures of May", "Figures of June", ""]));
  await open(page);
  await dialog(page).getByText("Figures of May").waitFor();
  assert.equal(await dialog(page).getByRole("status").innerText(), "Page 1 of 3");
  const first = await drawn(page);
  assert.deepEqual([first.square, first.paper], [[0, 0, 255, 255], [255, 255, 255, 255]]);

  // The words stand where they are drawn.
  const place = await dialog(page).getByText("Figures of May").evaluate((words) => {
    const { left, bottom } = words.getBoundingClientRect();
    const sheet = words.closest(".pdf-sheet").getBoundingClientRect();
    return { x: (300 * (left - sheet.left)) / sheet.width, y: 400 - (400 * (bottom - sheet.top)) / sheet.height };
  });
  assert.ok(Math.abs(place.x - 40) < 3 && Math.abs(place.y - 300) < 12, JSON.stringify(place));

  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    assert.deepEqual(await violations(page), []);
  }

  await button(page, "Larger").click();
  await page.waitForFunction((width) => document.querySelector(".pdf-sheet canvas").width > width, first.width);
  assert.equal(await dialog(page).locator(".pdf-zoom").innerText(), "125%");
  await button(page, "Smaller").click();

  await button(page, "Next page").click();
  await dialog(page).getByText("Figures of June").waitFor();
  await dialog(page).getByRole("region", { name: "figures.pdf, Page 2 of 3" }).press("ArrowRight");
  await dialog(page).getByText("This page has no words").waitFor({ state: "attached" });
  assert.deepEqual((await drawn(page)).square, [255, 0, 0, 255]);
  assert.equal(await button(page, "Next page").getAttribute("aria-disabled"), "true");

  // The browser itself never got to know what it is; nothing was asked of anybody else.
  assert.deepEqual(await page.evaluate(() => globalThis.given), ["application/octet-stream"]);
  assert.deepEqual(asked.filter((url) => !url.startsWith(`${app.origin}/`) && !url.startsWith("blob:")), []);
  await page.keyboard.press("Escape");
  await dialog(page).waitFor({ state: "detached" });
  assert.equal(page.workers().filter((worker) => worker.url().includes("pdf")).length, 0, "the worker goes with the dialog");
  assert.deepEqual(problems, []);
  await close();
});

test("a page is gone to by its number, fits as a whole, and every turn has its key", async () => {
  const { page, problems, close } = await received(pdf(Array.from({ length: 12 }, (_, index) => `Figures ${index + 1}`)));
  await open(page);
  const shows = async (number) => {
    await dialog(page).getByText(`Figures ${number}`, { exact: true }).waitFor();
    assert.equal(await dialog(page).getByRole("status").innerText(), `Page ${number} of 12`);
    assert.equal(await field.inputValue(), String(number));
  };
  const field = dialog(page).getByRole("textbox", { name: "Page", exact: true });
  await shows(1);
  assert.equal(await button(page, "Fit width").getAttribute("aria-pressed"), "true");

  await field.fill("7");
  await field.press("Enter");
  await shows(7);
  const region = dialog(page).getByRole("region", { name: "figures.pdf, Page 7 of 12" });
  assert.ok(await region.evaluate((box) => box === document.activeElement), "the keys go on where one reads");
  for (const wrong of ["0", "13", "2.5", "last", ""]) {
    await field.fill(wrong);
    await field.press("Enter");
    await shows(7);
  }
  await field.fill("3");
  await field.blur();
  await shows(7);

  // The whole page, with no need to scroll.
  await button(page, "Fit page").click();
  const fits = () => region.evaluate((box) => box.scrollHeight <= box.clientHeight && box.scrollWidth <= box.clientWidth && box.querySelector("canvas").clientHeight > box.clientHeight - 40);
  await until("it fits", fits);
  assert.equal(await button(page, "Fit page").getAttribute("aria-pressed"), "true");
  const small = Number.parseInt(await dialog(page).locator(".pdf-zoom").innerText(), 10);
  assert.ok(small > 10 && small < 100, String(small));
  if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/pdf-fit-page.png` });

  const keys = { PageDown: 8, PageUp: 7, End: 12, ArrowLeft: 11, ArrowRight: 12, Home: 1 };
  await region.focus().catch(() => dialog(page).getByRole("region").focus());
  for (const [key, number] of Object.entries(keys)) {
    await page.keyboard.press(key);
    await shows(number);
  }
  const zoom = () => dialog(page).locator(".pdf-zoom").innerText();
  await page.keyboard.press("+");
  await until("it is larger", async () => Number.parseInt(await zoom(), 10) > small);
  await page.keyboard.press("-");
  await button(page, "Fit width").click();
  await until("it is as wide as there is room", async () => (await zoom()) === "100%");

  // Where a page is longer than the screen, nothing of it is passed over.
  await dialog(page).getByRole("region").focus();
  const down = () => dialog(page).getByRole("region").evaluate((box) => box.scrollTop);
  await page.keyboard.press("PageDown");
  await until("it scrolls", async () => (await down()) > 0);
  await shows(1);
  while ((await dialog(page).getByRole("status").innerText()) === "Page 1 of 12") await page.keyboard.press("PageDown");
  await shows(2);
  await page.keyboard.press("PageUp");
  await shows(1);
  assert.ok((await down()) > 0, "back to its end");
  assert.deepEqual(problems, []);
  await close();
});

test("what a PDF would run does not run, and where it would lead nothing leads", async () => {
  const more = "/OpenAction << /S /JavaScript /JS (app.alert\\(1\\); this.submitForm\\('https://example.org'\\)) >>";
  const { page, problems, asked, close } = await received(pdf(["Quiet"], { more }));
  const alerts = [];
  page.on("dialog", (each) => alerts.push(each.message()));
  await open(page);
  await dialog(page).getByText("Quiet").waitFor();
  assert.equal(await dialog(page).locator(".pdf-box").locator("a, iframe, object, embed, form, input").count(), 0);
  assert.deepEqual({ alerts, away: asked.filter((url) => url.includes("example.org")), problems }, { alerts: [], away: [], problems: [] });
  await close();
});

test("what is no PDF, is cut off, or makes no sense says so, and harms nothing", async () => {
  const whole = pdf(["Figures"]);
  const wrong = {
    "no-pdf.pdf": Buffer.from("This is a text."),
    "empty.pdf": Buffer.alloc(0),
    "cut.pdf": whole.subarray(0, 40),
    "no-catalog.pdf": Buffer.from(whole.toString("latin1").replace("/Type /Catalog", "/Type /Nothing").replace("/Pages 2 0 R", "/Pagez 2 0 R"), "latin1"),
  };
  for (const [name, bytes] of Object.entries(wrong)) {
    const { page, close } = await received(bytes, { name });
    await open(page, name);
    await dialog(page).getByRole("alert").getByText(/damaged/).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("textbox", { name: "Message" }).fill("Still here");
    await close();
  }
});

test("a PDF with a password says so", async () => {
  const hex = "0".repeat(64);
  const { page, close } = await received(pdf(["Secret"], { encrypt: `/Encrypt << /Filter /Standard /V 1 /R 2 /O <${hex}> /U <${hex}> /P -4 >> /ID [<${hex}> <${hex}>]` }));
  await open(page);
  await dialog(page).getByRole("alert").getByText(/asks for a password/).waitFor();
  await close();
});

test("R45: on a small phone it fits, what may not be saved is not offered to be, and the page is as wide as there is room", async () => {
  const { page, close } = await received(pdf(["Small"]), { change: { may_save: false } });
  await page.setViewportSize({ width: 360, height: 740 });
  assert.equal(await page.getByRole("button", { name: "Save figures.pdf" }).count(), 0);
  await open(page);
  await dialog(page).getByText("Small").waitFor();
  const { box, sheet, wide } = await page.evaluate(() => ({
    box: document.querySelector(".pdf-box").clientWidth,
    sheet: document.querySelector(".pdf-sheet").clientWidth,
    wide: document.documentElement.scrollWidth,
  }));
  assert.ok(wide <= 360 && sheet <= box && sheet > box - 40, JSON.stringify({ box, sheet, wide }));
  if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/pdf-small.png` });
  await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
  await button(page, "Fit page").click();
  await until("it fits", () => page.locator(".pdf-box").evaluate((box) => box.scrollHeight <= box.clientHeight));
  assert.deepEqual(await violations(page), []);
  if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/pdf-small-dark.png` });
  await close();
});

test("the policy under which this runs is the server's", () => {
  const headers = readFileSync(new URL("../../server/src/web/headers.rs", import.meta.url), "utf8");
  const [, policy] = /CONTENT_SECURITY_POLICY: &str = "([^"]*)"/.exec(headers);
  assert.equal(policy.replaceAll(/\\\n\s*/g, ""), POLICY);
});
