// One runner for every test. Long statistical and corpus tests run here too, so that
// `npm test` is the whole proof that needs no system package.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: "forks",
    maxWorkers: 2,
  },
});
