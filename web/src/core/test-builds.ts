/** What only builds for acceptance tests contain. Constants to the bundler: other builds hold nothing of it. */

declare global {
  interface ImportMetaEnv {
    /** "1": sealed frames are kept for a test to look at. */
    readonly VITE_TEST_TAP?: string;
    /** "1": a client that leaks what is said. */
    readonly VITE_TEST_LEAK?: string;
  }
}

export const TAPPED = import.meta.env.VITE_TEST_TAP === "1";
export const LEAKING = import.meta.env.VITE_TEST_LEAK === "1";
