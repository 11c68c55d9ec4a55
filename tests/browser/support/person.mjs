// A person at a browser of their own: finds everything by role and name, as a person (or a screen reader) does.
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeCamera, writeMicrophone } from "./devices.mjs";

const require = createRequire(new URL("../../../web/package.json", import.meta.url));
const { chromium } = require("playwright-core");

export const CHROMIUM = process.env.CONCLAVE_CHROMIUM ?? "/usr/bin/chromium";
export const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--autoplay-policy=no-user-gesture-required",
  "--disable-features=WebRtcHideLocalIpsWithMdns",
  // Three browsers on two cores: what is behind must not be slowed down, for nobody is in front.
  "--disable-background-timer-throttling",
  "--disable-backgrounding-occluded-windows",
  "--disable-renderer-backgrounding",
];

// Long enough for the slowest step (Argon2id in three browsers at once) on a busy machine.
export const PATIENCE_MS = 30_000;
export const PASSWORD = "Correct horse 7 battery";

const LOOKS = {
  alice: { name: "Alice Adams", colour: [220, 60, 60], hertz: 440 },
  bob: { name: "Bob Brown", colour: [60, 200, 80], hertz: 660 },
  carol: { name: "Carol Clark", colour: [70, 90, 230], hertz: 880 },
};

export class Person {
  static async open(key, { device = "1", busy = false, words = false, ...options } = {}) {
    const person = new this();
    Object.assign(person, { key, ...LOOKS[key], email: `${key}@example.org` });
    person.directory = mkdtempSync(join(tmpdir(), `conclave-${key}${device}-`));
    person.camera = join(person.directory, "camera.y4m");
    person.microphone = join(person.directory, "microphone.wav");
    writeCamera(person.camera, person.colour, { busy });
    writeMicrophone(person.microphone, person.hertz, { words });
    person.launch = () => person.launchIn(join(person.directory, "profile"), options);
    await person.start();
    return person;
  }

  launchIn(profile, { flags = [], width = 1280, height = 800, fakeUi = true, fakeDevices = true, program = CHROMIUM } = {}) {
    return chromium.launchPersistentContext(profile, {
      executablePath: program,
      headless: true,
      viewport: { width, height },
      args: [
        ...FLAGS,
        ...(fakeUi ? ["--use-fake-ui-for-media-stream"] : []),
        ...(fakeDevices
          ? [
              "--use-fake-device-for-media-stream",
              `--use-file-for-fake-video-capture=${this.camera}`,
              `--use-file-for-fake-audio-capture=${this.microphone}`,
            ]
          : []),
        ...flags,
      ],
    });
  }

  async start() {
    this.context = await this.launch();
    this.context.setDefaultTimeout(PATIENCE_MS);
    // The page's PeerConnections, for their statistics, and the screen that it shares.
    await this.context.addInitScript(() => {
      const { mediaDevices } = navigator;
      const getDisplayMedia = mediaDevices?.getDisplayMedia.bind(mediaDevices);
      if (getDisplayMedia) mediaDevices.getDisplayMedia = async (options) => (window.shared = await getDisplayMedia(options));
      const Original = window.RTCPeerConnection;
      window.peerConnections = [];
      window.RTCPeerConnection = class extends Original {
        constructor(...args) {
          super(...args);
          window.peerConnections.push(this);
        }
      };
    });
    this.page = this.context.pages()[0] ?? (await this.context.newPage());
    this.problems = [];
    this.watch(this.page);
  }

  watch(page) {
    page.on("pageerror", (error) => this.problems.push(`${this.key}: ${error}`));
    page.on("console", (message) => {
      if (message.type() === "error") this.problems.push(`${this.key}: ${message.text()}`);
    });
  }

  // Closes the browser and opens it again with the same profile.
  async restart(url) {
    await this.context.close();
    await this.start();
    await this.page.goto(url);
  }

  async close() {
    await this.context?.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  role(role, name, options = {}) {
    return this.page.getByRole(role, { name, exact: true, ...options });
  }

  // Writes into a field, in place of what it holds.
  fill(field, text) {
    return field.fill(text);
  }

  async register(link, { nameGiven = false, password = PASSWORD } = {}) {
    await this.page.goto(link);
    await this.role("textbox", "Repeat password").waitFor();
    // Only the first invitation of a deployment leaves the address open.
    const email = this.role("textbox", "Email");
    if (await email.isVisible()) await this.fill(email, this.email);
    if (!nameGiven) await this.fill(this.role("textbox", "Full name"), this.name);
    await this.fill(this.role("textbox", "Password"), password);
    await this.fill(this.role("textbox", "Repeat password"), password);
    await this.role("button", "Create account").click();
    await this.isIn();
  }

  async signIn(url, password = PASSWORD) {
    await this.page.goto(url);
    await this.fill(this.role("textbox", "Email"), this.email);
    await this.fill(this.role("textbox", "Password"), password);
    await this.role("button", "Sign in").click();
  }

  async isIn() {
    await this.role("button", "New room").waitFor();
  }

  async createRoom(title, emails) {
    await this.role("button", "New room").click();
    const dialog = this.role("dialog", "New room");
    await this.fill(dialog.getByRole("textbox", { name: "Room name", exact: true }), title);
    const people = dialog.getByRole("combobox", { name: "Add people" });
    for (const email of emails) {
      await this.fill(people, email);
      await people.press("Enter");
      await dialog.getByText(email).first().waitFor();
    }
    await dialog.getByRole("button", { name: "Create room", exact: true }).click();
    await this.role("heading", title).waitFor();
  }

  async openRoom(title) {
    await this.role("navigation", "Rooms").getByRole("link", { name: title }).first().click();
    await this.role("heading", title).waitFor();
  }

  async send(text) {
    await this.fill(this.role("textbox", "Message"), text);
    await this.role("button", "Send").click();
  }

  // Text of all messages that the open room shows, in order.
  async messages() {
    return this.role("log", "Messages").getByRole("article").allInnerTexts();
  }

  async sees(text) {
    await this.role("log", "Messages").getByRole("article").filter({ hasText: text }).first().waitFor();
  }

  async joinCall() {
    await this.page.getByRole("button", { name: /^(Start|Join) call$/ }).click();
    await this.role("button", "Join now").click();
    await this.role("toolbar", "Call controls").waitFor();
  }

  tile(name) {
    return this.role("group", name);
  }

  // Waits until the other's tile is live by its own word, and by its pixels.
  async seesLive(other) {
    const live = this.page.locator(`[data-media="live"]`).and(this.tile(other.name));
    await live.waitFor().catch(async (error) => {
      const tiles = await this.page.locator("[data-media]").evaluateAll((tiles) => tiles.map((tile) => `${tile.ariaLabel}: ${tile.dataset.media}`));
      const alerts = await other.page?.getByRole("alert").allInnerTexts();
      const said = [...this.problems, ...(other.problems ?? []), ...(alerts ?? [])].filter((text) => text !== "");
      throw new Error(`${this.key} does not see ${other.name} live: ${tiles.join(", ")}; ${said.join("; ")}`, { cause: error });
    });
  }

  // Mean colour of the picture in a tile, and how it differs from one a little later.
  async picture(other) {
    const video = this.tile(other.name).locator("video").first();
    return video.evaluate(async (element) => {
      const shot = () => {
        const canvas = document.createElement("canvas");
        canvas.width = 64;
        canvas.height = 36;
        const context = canvas.getContext("2d");
        context.drawImage(element, 0, 0, 64, 36);
        return context.getImageData(0, 0, 64, 36).data;
      };
      // No frame comes to an element that the page has replaced meanwhile.
      const nextFrame = () => new Promise((resolve) => {
        element.requestVideoFrameCallback(resolve);
        setTimeout(resolve, 1_000);
      });
      const first = shot();
      for (let count = 0; count < 5; count += 1) await nextFrame();
      const second = shot();
      let change = 0;
      const mean = [0, 0, 0];
      for (let index = 0; index < first.length; index += 4) {
        for (let channel = 0; channel < 3; channel += 1) {
          mean[channel] += second[index + channel] / (first.length / 4);
          change += Math.abs(first[index + channel] - second[index + channel]);
        }
      }
      return { mean, change: change / first.length };
    });
  }

  // Of all that was received so far: energy and seconds of sound (without what was made up for lost packets), pictures.
  async received() {
    return this.page.evaluate(async () => {
      const sum = { audioEnergy: 0, audioSeconds: 0, framesDecoded: 0, frames: 0, packetsLost: 0 };
      // A connection that is closed meanwhile never answers.
      const nothing = () => new Promise((resolve) => setTimeout(resolve, 1_000, new Map()));
      for (const connection of window.peerConnections) {
        if (connection.connectionState === "closed") continue;
        for (const report of (await Promise.race([connection.getStats(), nothing()])).values()) {
          if (report.type !== "inbound-rtp") continue;
          if (report.kind === "audio") {
            sum.audioEnergy += report.totalAudioEnergy ?? 0;
            sum.audioSeconds += ((report.totalSamplesReceived ?? 0) - (report.concealedSamples ?? 0)) / 48_000;
          }
          if (report.kind === "video") {
            sum.framesDecoded += report.framesDecoded ?? 0;
            sum.frames += report.framesReceived ?? 0;
          }
          sum.packetsLost += report.packetsLost ?? 0;
        }
      }
      return sum;
    });
  }
}

// Asks again until the answer pleases; for what no page announces.
export async function until(what, ask, patience = PATIENCE_MS) {
  const end = Date.now() + patience;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`not within ${patience} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
