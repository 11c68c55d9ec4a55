// A person at the system's Firefox, driven by WebDriver BiDi.
import { createRequire } from "node:module";
import { Person } from "./person.mjs";

const require = createRequire(new URL("../../../web/package.json", import.meta.url));
const { firefox } = require("playwright-core");

export const FIREFOX = process.env.CONCLAVE_FIREFOX ?? "/usr/bin/firefox-esr";

// The address of the network that `scripts/own-network.sh` makes: Firefox sends nothing over the loopback.
export const ADDRESS = process.env.CONCLAVE_OWN_NETWORK;

// A camera whose colour changes and a microphone with a tone, without a question; addresses as they are, for there is no
// multicast DNS in the network of a test.
const PREFERENCES = {
  "media.navigator.streams.fake": true,
  "media.navigator.permission.disabled": true,
  "media.peerconnection.ice.obfuscate_host_addresses": false,
  "media.autoplay.default": 0,
};

export class FirefoxPerson extends Person {
  // Key by key: put in as a whole by way of BiDi, React does not notice the text.
  async fill(field, text) {
    await field.press("Control+a");
    await field.pressSequentially(text);
  }

  launchIn(profile, { width = 1280, height = 800 } = {}) {
    return firefox.launchPersistentContext(profile, {
      // The Firefox that everybody has, in place of a build for tests.
      channel: "moz-firefox",
      executablePath: FIREFOX,
      headless: true,
      viewport: { width, height },
      firefoxUserPrefs: PREFERENCES,
    });
  }
}
