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
    for (const link of [server.facts.invitation, new URL("/invite/no-such-code", server.url).href]) {
      await guest.page.goto(link);
      await alert(guest, /unknown or was used already.*sign in.*ask your administrator/i);
    }
  } finally {
    await guest.close();
  }
});

test("R4 an invitation that is too old, or used while the form is filled in, says where to get a new one", async () => {
  const guest = await Person.open("bob");
  const old = (route) =>
    route.fulfill({ status: 410, contentType: "application/problem+json", json: { code: "invitation_expired", title: "expired", status: 410 } });
  try {
    const link = await server.invite("late@example.org");
    await guest.context.route("**/api/v1/registration/start", old);
    await guest.page.goto(link);
    await guest.role("textbox", "Full name").fill(guest.name);
    await guest.role("textbox", "Password").fill(PASSWORD);
    await guest.role("textbox", "Repeat password").fill(PASSWORD);
    await guest.role("button", "Create account").click();
    await alert(guest, /expired.*ask your administrator for a new link/i);
    assert.equal(await guest.role("textbox", "Full name").inputValue(), guest.name);
    assert.equal(await guest.role("textbox", "Repeat password").inputValue(), PASSWORD);
    await guest.context.route("**/api/v1/registration/invitation", old);
    await guest.page.reload();
    await alert(guest, /expired.*ask your administrator for a new link/i);
  } finally {
    await guest.close();
  }
});

test("a wrong password and an address without an account get the same answer, and stay in the boxes", async () => {
  const guest = await Person.open("bob");
  try {
    await guest.page.goto(server.url);
    for (const email of [alice.email, "nobody@example.org"]) {
      await guest.role("textbox", "Email").fill(email);
      await guest.role("textbox", "Password").fill("wrong password 1");
      await guest.role("button", "Sign in").click();
      await alert(guest, "Email and password do not fit. Check both for typing errors and try again.");
      assert.equal(await guest.role("textbox", "Email").inputValue(), email);
      assert.equal(await guest.role("textbox", "Password").inputValue(), "wrong password 1");
      await guest.page.reload();
    }
    await guest.context.setOffline(true);
    await guest.role("textbox", "Email").fill(alice.email);
    await guest.role("textbox", "Password").fill(PASSWORD);
    await guest.role("button", "Sign in").click();
    await alert(guest, /no connection to the server.*try again/i);
    assert.equal(await guest.role("textbox", "Password").inputValue(), PASSWORD);
    await guest.context.setOffline(false);
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
  await dialog.getByText(/Nobody with the address nobody@example\.org was found\. Check the spelling/).first().waitFor();
  assert.equal(await dialog.getByRole("textbox", { name: "Room name", exact: true }).inputValue(), "With whom?");
  assert.equal(await people.inputValue(), "nobody@example.org");
  await alice.page.keyboard.press("Escape");
});

test("a room name that is too long is said, and stays in the box", async () => {
  await alice.role("button", "New room").click();
  const dialog = alice.role("dialog", "New room");
  const name = "n".repeat(300);
  await dialog.getByRole("textbox", { name: "Room name", exact: true }).fill(name);
  await dialog.getByRole("button", { name: "Create room", exact: true }).click();
  await dialog.getByText("This room name is too long. Shorten it.").waitFor();
  assert.equal(await dialog.getByRole("textbox", { name: "Room name", exact: true }).inputValue(), name);
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
  await old.getByText("This browser cannot encrypt calls end to end").waitFor();
  await old.getByText(/Use Chrome, Edge .* version 141, Firefox from version 117.*Messages work here/).waitFor();
  // It stays where the keyboard finds it, and does nothing.
  const join = old.getByRole("button", { name: "Join now" });
  assert.equal(await join.getAttribute("aria-disabled"), "true");
  await join.click({ force: true });
  assert.equal(await old.getByRole("toolbar", { name: "Call controls" }).count(), 0);
  await old.close();
});

// What each kind of device is refused with: `null` where it is there.
for (const [name, refusals, words] of [
  ["no camera", { video: "NotFoundError", audio: null }, /No camera was found.*Plug one in/s],
  ["no microphone", { video: null, audio: "NotFoundError" }, /No microphone was found.*Plug one in/s],
  ["a camera that is in use", { video: "NotReadableError", audio: null }, /camera is in use.*Close the other program/s],
]) {
  test(`${name}: said in words, and joining works with the rest`, async () => {
    const page = await alice.context.newPage();
    await page.addInitScript((refusals) => {
      const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = (wanted) => {
        const refusal = refusals[wanted.video ? "video" : "audio"];
        return refusal ? Promise.reject(new DOMException("", refusal)) : ask(wanted);
      };
    }, refusals);
    const button = (name) => page.getByRole("button", { name, exact: true });
    await page.goto(alice.page.url());
    await button("Start call").click();
    await page.getByText(words).first().waitFor();
    await button("Join now").click();
    await page.getByRole("toolbar", { name: "Call controls" }).waitFor();
    await button(refusals.video ? "Turn camera on" : "Turn camera off").waitFor();
    await button(refusals.audio ? "Unmute microphone" : "Mute microphone").waitFor();
    await button("Leave call").click();
    await button("Start call").waitFor();
    await page.close();
  });
}

for (const [name, number, options, words] of [
  // Without the fake devices, a machine for tests has none at all.
  ["no camera and no microphone", 1, { fakeDevices: false }, ["No microphone and no camera were found", /Plug one in/]],
  ["permission denied", 2, { fakeUi: false, flags: ["--deny-permission-prompts"] }, ["Microphone and camera are blocked for this site", /allow both, and turn them on here again/]],
]) {
  test(`${name}: said in words, and joining still works`, async () => {
    const bob = await Person.open("bob", { device: `input${number}`, ...options });
    try {
      await bob.register(await server.invite(`bob${number}@example.org`));
      await bob.createRoom("Alone", []);
      await bob.page.getByRole("button", { name: "Start call" }).click();
      for (const each of words) await bob.page.getByText(each).first().waitFor();
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
  assert.match(error.stderr, /is in use by another program: stop that one, or choose another address with --listen/);
});

test("a data folder that another server has is said in one sentence", async () => {
  const start = promisify(execFile)(process.env.CONCLAVE_PROGRAM, [
    "serve", "--data", server.data, "--listen", "127.0.0.1:0", "--media-listen", "127.0.0.1:0",
  ]);
  const error = await start.then(() => assert.fail("it started"), (failure) => failure);
  assert.equal(error.code, 1);
  assert.match(error.stderr, /another server runs on the data folder .*: stop that one, or choose another folder with --data/);
});
