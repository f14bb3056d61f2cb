import { defineConfig } from 'vitest/config'

/** What takes minutes: real processes that die at every moment of sharing, linking and importing, or die very often. */
export default defineConfig({
  test: {
    include: ['test/faults/*.faults.ts', 'test/faults/{kill,processes}.test.ts'],
    env: { HEIRLOOM_TEST_THOROUGH: 'yes' },
    globalSetup: ['test/kit/global.ts'],
    testTimeout: 180_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
})
