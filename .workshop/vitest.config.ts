import { join } from "node:path";
import { defineConfig } from "vitest/config";

export default defineConfig({
  root: join(import.meta.dirname, ".."),
  test: {
    include: [
      "{protocol-finger,models,edge-agent,web-twin,k8s/controller}/src/**/*.test.ts",
      "test/**/*.test.ts",
    ],
    // The cache may hold whole file systems of images, /proc and all.
    exclude: ["**/node_modules/**", "**/dist/**", "**/.cache/**"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // A busy machine draws slowly; only what never comes takes this long.
    expect: { poll: { timeout: 15_000 } },
    pool: "forks",
    maxWorkers: 2,
    coverage: {
      provider: "v8",
      // Every source file of the product counts, whether a test touched it or not.
      include: [
        "protocol-finger/src/**/*.ts",
        "models/src/**/*.ts",
        "edge-agent/src/**/*.ts",
        "web-twin/src/**/*.ts",
        "k8s/controller/src/**/*.ts",
      ],
      exclude: ["**/*.test.ts", "**/*.d.ts"],
      reporter: ["json"],
      reportsDirectory: ".cache/coverage",
      // The threshold stands in coverage.ts, where what ran outside of vitest is added.
      reportOnFailure: true,
    },
  },
});
