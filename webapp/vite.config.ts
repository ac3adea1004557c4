import { defineConfig } from "vitest/config";

// Addresses are relative, so any host can serve the page at any path. Its files are in _web/, because the local pipeline
// serves /_local/ and config.json beside them.
export default defineConfig({
  base: "./",
  plugins: [
    {
      name: "smaller",
      apply: "build",
      enforce: "pre",
      // Each part's style sheet is in the page's, so there is nothing to load before a part.
      load: (id) => (id === "\0vite/preload-helper.js" ? "export const __vitePreload = (load) => load();" : null),
      // No text of the page depends on its indentation, and its comments are for who changes it.
      transformIndexHtml: { order: "post", handler: (html) => html.replace(/^\s*<!--.*-->|^\s+/gm, "") },
    },
  ],
  build: {
    assetsDir: "_web",
    target: "es2022",
    modulePreload: false,
    assetsInlineLimit: 0,
  },
  test: {
    projects: [
      // A worker for each file takes three times the processor time. The tests leave nothing in the modules.
      { test: { name: "unit", include: ["src/**/*.test.ts"], environment: "node", isolate: false } },
      {
        test: {
          name: "browser",
          // A measurement that needs minutes runs only when it is asked for: see docs/benchmarks.md.
          include: ["browser/**/*.test.ts", ...(process.env.RECORDS ? ["browser/million.bench.ts"] : [])],
          environment: "node",
          globalSetup: "browser/setup.ts",
          // One file after another: they share a browser and its tabs. Other tests run beside them, see internal/testrun.
          maxWorkers: 1,
          isolate: false,
          // Far more than a machine under load needs.
          testTimeout: 900_000,
          expect: { poll: { timeout: 300_000 } },
          hookTimeout: 900_000,
        },
      },
    ],
  },
});
