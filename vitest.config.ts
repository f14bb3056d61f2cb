import { defineConfig } from 'vitest/config'

const NEEDS_SERVER = ['test/**/server*.test.ts']

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: process.env.HEIRLOOM_TEST_POSTGRES ? [] : NEEDS_SERVER,
    globalSetup: ['test/kit/global.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
})
