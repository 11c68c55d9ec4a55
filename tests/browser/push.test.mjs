// R55: who has closed the app is woken through a push service, which learns nothing but that. The push service is one of this
// test, for a browser of a test has none; all else is real: the server's request, the service worker, and the system's notice.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { Person, until } from "./support/person.mjs";
import { Server } from "./support/server.mjs";

const ROOM = "Harbour lights";
const SECRET = "The green lamp is out";

let service;
let pushes;
let status = 201;
let base;
let server;
let alice;
let bob;

before(async () => {
  pushes = [];
  service = createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      pushes.push({ method: request.method, url: request.url, headers: request.headers, raw: request.rawHeaders.join("\n"), body: Buffer.concat(parts) });
      response.writeHead(status).end();
    });
  });
  await new Promise((listening) => service.listen(0, "127.0.0.1", listening));
  base = `http://127.0.0.1:${service.address().port}`;
  server = await Server.start({ args: ["--push-service", base] });
  [alice, bob] = await Promise.all(["alice", "bob"].map((key) => Person.open(key)));
  await bob.context.grantPermissions(["notifications"], { origin: new URL(server.url).origin });
  await bob.context.addInitScript((endpoint) => {
    if (!window.PushManager) return;
    const subscription = () => ({ endpoint, options: { applicationServerKey: null }, unsubscribe: async () => localStorage.removeItem("subscribed") });
    PushManager.prototype.subscribe = async ({ applicationServerKey, userVisibleOnly }) => {
      if (!userVisibleOnly || typeof applicationServerKey !== "string") throw new Error("asked as no browser lets it be asked");
      localStorage.setItem("subscribed", applicationServerKey);
      return subscription();
    };
    PushManager.prototype.getSubscription = async () => (localStorage.getItem("subscribed") ? subscription() : null);
  }, `${base}/wake/bob`);
  await alice.register(server.facts.invitation);
  await bob.register(await server.invite(bob.email));
  await alice.createRoom(ROOM, [bob.email]);
  await bob.openRoom(ROOM);
});

after(async () => {
  await Promise.all([alice, bob].map((person) => person?.close()));
  await server?.remove();
  service?.close();
});

// A page of the browser that shows nothing of the app.
async function leave() {
  const other = await bob.context.newPage();
  await bob.page.close();
  bob.page = other;
}

const notices = async () => {
  const [worker] = bob.context.serviceWorkers();
  return worker.evaluate(async () => (await self.registration.getNotifications()).map(({ title, body, tag }) => ({ title, body, tag })));
};

let key;

test("the settings say who learns of it, and that it can be switched off", async () => {
  await until("the browser is not asked for an address", async () => (key = await bob.page.evaluate(() => localStorage.getItem("subscribed"))));
  await bob.page.goto(`${server.url}/settings`);
  await bob.role("switch", "Also while Conclave is closed").waitFor();
  await bob.page.getByText("woken through the service of its maker", { exact: false }).waitFor();
  assert.equal(await bob.page.getByText("cannot be woken now", { exact: false }).count(), 0);
  const info = await (await fetch(`${server.url}/api/v1/server`)).json();
  assert.equal(info.push_key, key);
});

test("R55 a push holds no name, text or room", async () => {
  await leave();
  // Until the server has noticed that the page is closed.
  await until("bob is not woken", async () => {
    await alice.send(SECRET);
    return pushes.length > 0;
  });
  assert.equal(pushes.length, 1);
  const [push] = pushes;
  assert.equal(push.body.length, 0);
  assert.equal(`${push.method} ${push.url}`, "POST /wake/bob");
  const [, token, said] = /^vapid t=([^,]+), k=(.+)$/.exec(push.headers.authorization);
  assert.equal(said, key);
  const [head, claims] = token.split(".", 2).map((part) => JSON.parse(Buffer.from(part, "base64url").toString()));
  assert.deepEqual(head, { typ: "JWT", alg: "ES256" });
  assert.deepEqual(Object.keys(claims).sort(), ["aud", "exp", "sub"]);
  assert.deepEqual([claims.aud, claims.sub], [base, server.url]);
  const all = `${push.url}\n${push.raw}\n${JSON.stringify(claims)}`.toLowerCase();
  const room = new URL(alice.page.url()).pathname.split("/").pop();
  for (const secret of [SECRET, ROOM, alice.name, alice.email, bob.email, room]) {
    for (const form of [secret, Buffer.from(secret).toString("hex"), Buffer.from(secret).toString("base64").slice(0, -4)]) {
      assert.ok(!all.includes(form.toLowerCase()), `${secret} is in the push`);
    }
  }
  // Once is enough, as long as bob does not come.
  await alice.send("And the red one");
  await alice.send("And the blue one");
  assert.equal(pushes.length, 1);
});

test("the browser shows that something is new, once, and the app when one clicks there", async () => {
  const devtools = await bob.context.newCDPSession(bob.page);
  const registered = new Promise((found) => {
    devtools.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
      const own = registrations.find(({ scopeURL }) => scopeURL.startsWith(server.url));
      if (own) found(own.registrationId);
    });
  });
  await devtools.send("ServiceWorker.enable");
  const registrationId = await registered;
  const [worker] = bob.context.serviceWorkers();
  await worker.evaluate(() => {
    self.pushes = 0;
    self.addEventListener("push", () => (self.pushes += 1));
  });
  // Until the worker has it: what the debugger delivers to a worker that is just being started is lost.
  const deliver = async () => {
    const before = await worker.evaluate(() => self.pushes);
    await until("the worker hears of no push", async () => {
      await devtools.send("ServiceWorker.deliverPushMessage", { origin: new URL(server.url).origin, registrationId, data: "" });
      for (let looks = 0; looks < 20; looks += 1) {
        if ((await worker.evaluate(() => self.pushes)) > before) return true;
      }
      return false;
    });
    // What it began with the push, it has looked at by then.
    await worker.evaluate(() => self.clients.matchAll({ type: "window", includeUncontrolled: true }));
  };
  await deliver();
  await deliver();
  await until("no notice is shown", async () => (await notices()).length > 0);
  assert.deepEqual(await notices(), [{ title: "Conclave", body: "Something is new", tag: "news" }]);
  // Who looks at the page needs none.
  await bob.page.goto(`${server.url}/`);
  await bob.openRoom(ROOM);
  await bob.sees("And the blue one");
  await until("the notices stay", async () => {
    await worker.evaluate(async () => (await self.registration.getNotifications()).forEach((notice) => notice.close()));
    return (await notices()).length === 0;
  });
  await deliver();
  assert.deepEqual(await notices(), []);
});

test("an address that is no more is forgotten, and who switches it off is woken no more", async () => {
  status = 410;
  pushes.length = 0;
  await leave();
  await until("bob is not woken", async () => {
    await alice.send("Are you there?");
    return pushes.length > 0;
  });
  await alice.send("Still not?");
  assert.equal(pushes.length, 1, "asked again after it was gone");
  status = 201;
  await bob.page.goto(`${server.url}/settings`);
  await bob.role("switch", "Also while Conclave is closed").click({ force: true });
  await until("the address is kept", async () => (await bob.page.evaluate(() => localStorage.getItem("subscribed"))) === null);
  await until("the worker stays", async () => (await bob.page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length)) === 0);
});
