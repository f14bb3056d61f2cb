import { defineConfig } from 'vitest/config'

const NEEDS_SERVER = ['test/**/server*.test.ts']

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: process.env.HEIRLOOM_TEST_POSTGRES ? [] : NEEDS_SERVER,
    // `npm test -- schema` prints the decision tables, a line for each row on each engine.
    reporters: process.argv.includes('schema') ? ['verbose'] : ['default'],
    globalSetup: ['test/kit/global.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
})
