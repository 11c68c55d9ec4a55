// What goes wrong says what happened and what to do, and nothing that was typed is lost.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { PASSWORD, Person } from "./support/person.mjs";
import { Server } from "./support/server.mjs";

let server;
let alice;

before(async () => {
  server = await Server.start();
  alice = await Person.open("alice");
});

after(async () => {
  await alice?.close();
  await server?.remove();
});

const alert = (person, text) => person.page.getByRole("alert").filter({ hasText: text }).first().waitFor();

test("R13 a weak password and a slip in the second one are said before anything is sent", async () => {
  await alice.page.goto(server.facts.invitation);
  await alice.role("textbox", "Full name").fill(alice.name);
  await alice.role("textbox", "Password").fill("short");
  await alice.role("textbox", "Repeat password").fill("short");
  await alice.role("button", "Create account").click();
  await alice.page.getByText(/at least 10/i).first().waitFor();
  await alice.role("textbox", "Password").fill(PASSWORD);
  await alice.role("textbox", "Repeat password").fill(`${PASSWORD}x`);
  await alice.role("button", "Create account").click();
  await alice.page.getByText(/do not match|differ|not the same/i).first().waitFor();
  assert.equal(await alice.role("textbox", "Full name").inputValue(), alice.name);
});

test("R4 an invitation works once", async () => {
  await alice.register(server.facts.invitation);
  const guest = await Person.open("bob");
  try {
    await guest.page.goto(server.facts.invitation);
    await guest.page.getByText(/already used|was used|been used/i).first().waitFor();
    await guest.page.goto(new URL("/invite/no-such-code", server.url).href);
    await guest.page.getByText(/not valid|unknown|already used|been used/i).first().waitFor();

    await guest.page.goto(server.url);
    for (const [email, password] of [[alice.email, "wrong password 1"], ["nobody@example.org", "wrong password 1"]]) {
      await guest.role("textbox", "Email").fill(email);
      await guest.role("textbox", "Password").fill(password);
      await guest.role("button", "Sign in").click();
      await alert(guest, /e-?mail|password/i);
      assert.equal(await guest.role("textbox", "Email").inputValue(), email);
    }
  } finally {
    await guest.close();
  }
});

test("an unknown e-mail is said in the dialog, and the rest stays", async () => {
  await alice.role("button", "New room").click();
  const dialog = alice.role("dialog", "New room");
  await dialog.getByRole("textbox", { name: "Room name", exact: true }).fill("With whom?");
  const people = dialog.getByRole("combobox", { name: "Add people" });
  await people.fill("nobody@example.org");
  await people.press("Enter");
  await dialog.getByText(/nobody@example\.org/).first().waitFor();
  assert.equal(await dialog.getByRole("textbox", { name: "Room name", exact: true }).inputValue(), "With whom?");
  await alice.page.keyboard.press("Escape");
});

test("a text that is too long is said, and stays in the box", async () => {
  await alice.createRoom("Long texts", []);
  const text = "x".repeat(17_000);
  await alice.role("textbox", "Message").fill(text);
  await alice.role("textbox", "Message").press("Enter");
  await alice.page.getByText(/too long/i).first().waitFor();
  assert.equal((await alice.role("textbox", "Message").inputValue()).length, text.length);
});

test("a browser without encoded transforms is refused, not downgraded", async () => {
  const old = await alice.context.newPage();
  await old.addInitScript(() => {
    delete window.RTCRtpScriptTransform;
  });
  await old.goto(alice.page.url());
  await old.getByRole("button", { name: /^(Start|Join) call$/ }).click();
  await old.getByText(/Chrome|Firefox|browser/).first().waitFor();
  await old.getByRole("button", { name: "Join now" }).waitFor({ state: "detached" }).catch(() => {});
  const join = old.getByRole("button", { name: "Join now" });
  if (await join.isVisible()) assert.ok(await join.isDisabled());
  await old.close();
});

for (const [name, number, options, words] of [
  // Without the fake devices, a machine for tests has none at all.
  ["no camera and no microphone", 1, { fakeDevices: false }, /no camera|no microphone|not found/i],
  ["permission denied", 2, { fakeUi: false, flags: ["--deny-permission-prompts"] }, /blocked|allow|permission/i],
]) {
  test(`${name}: said in words, and joining still works`, async () => {
    const bob = await Person.open("bob", { device: `input${number}`, ...options });
    try {
      await bob.register(await server.invite(`bob${number}@example.org`));
      await bob.createRoom("Alone", []);
      await bob.page.getByRole("button", { name: "Start call" }).click();
      await bob.page.getByText(words).first().waitFor();
      await bob.role("button", "Join now").click();
      await bob.role("toolbar", "Call controls").waitFor();
    } finally {
      await bob.close();
    }
  });
}

test("the API says what is wrong with a body, and takes none that is too big", async () => {
  const post = (body) =>
    fetch(new URL("/api/v1/login/start", server.url), { method: "POST", headers: { "content-type": "application/json" }, body });
  for (const body of ["{", "[]", '{"email": 7}', '{"email": "no address", "opaque": ""}']) {
    const answer = await post(body);
    assert.equal(answer.status, 400, body);
    assert.match(answer.headers.get("content-type"), /application\/problem\+json/);
    assert.equal((await answer.json()).code, "malformed");
  }
  assert.equal((await post(`"${"x".repeat(3_000_000)}"`)).status, 413);
});

test("a port in use is said in one sentence", async () => {
  const port = new URL(server.url).port;
  const start = promisify(execFile)(process.env.CONCLAVE_PROGRAM, [
    "serve", "--data", `${server.data}-other`, "--listen", `127.0.0.1:${port}`, "--media-listen", "127.0.0.1:0",
  ]);
  const error = await start.then(() => assert.fail("it started"), (failure) => failure);
  assert.equal(error.code, 1);
  assert.match(error.stderr, /in use/i);
});
