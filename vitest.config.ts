import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{edge-agent,protocol-finger,web-twin}/src/**/*.test.ts", "test/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    testTimeout: 30_000,
    pool: "forks",
    maxWorkers: 2,
  },
});
