import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// Mode "fake" replaces the core and the media by the players of `src/testing/`, so that every screen can be
// looked at without a server. `import.meta.env.MODE` is a constant to the bundler, so that the production
// bundle never contains them.
export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2023",
    // Everything is a file of its own: the content security policy has no `data:` for scripts, styles or wasm.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
  },
  worker: { format: "es" },
  // The model that tells a person from the background.
  assetsInclude: ["**/*.tflite"],
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/testing/setup.ts"],
    restoreMocks: true,
    // Whole screens, on machines that do other things as well.
    testTimeout: 30_000,
  },
  server: {
    proxy: { "/api": { target: "http://127.0.0.1:8080", ws: true } },
  },
});
