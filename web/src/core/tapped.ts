declare global {
  interface ImportMetaEnv {
    /** "1" in builds for acceptance tests. */
    readonly VITE_TEST_TAP?: string;
  }
}

/**
 * Whether sealed frames are kept for an acceptance test to look at. A constant to the bundler: other builds do not
 * contain what does that.
 */
export const TAPPED = import.meta.env.VITE_TEST_TAP === "1";
