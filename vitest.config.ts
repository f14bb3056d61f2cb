import { defineConfig } from 'vitest/config'

const NEEDS_SERVER = ['test/**/server*.test.ts']

/** What runs a real ONNX model: neither it nor its runtime is among the dependencies. */
const NEEDS_MODEL = ['test/embedding/transformers-model.test.ts']

/** What takes long and is told in another way by what stays: whole in `npm run test:thorough`. */
export const ONLY_THOROUGH = [
  'test/conformance/sqlite-memory.test.ts',
  'test/evolve/index-beside.test.ts',
  'test/faults/evolution.test.ts',
  'test/store/{conflict,graph,link}-plans.test.ts',
  'test/store/postgres/vectors-whole-store.test.ts',
  'test/store/read-only-backfill.test.ts',
  'test/store/schema/two-builds.test.ts',
  'test/surfaces/cli-{evolution,lineage}.test.ts',
]

/** Of `npm run faults:processes`. */
const ONLY_KILLED = ['test/faults/processes.test.ts']

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [
      ...ONLY_THOROUGH,
      ...ONLY_KILLED,
      ...(process.env.HEIRLOOM_TEST_POSTGRES ? [] : NEEDS_SERVER),
      ...(process.env.HEIRLOOM_TEST_MODEL && process.env.HEIRLOOM_TEST_TRANSFORMERS ? [] : NEEDS_MODEL),
    ],
    // `npm test -- schema` prints the decision tables, a line for each row on each engine.
    reporters: process.argv.includes('schema') ? ['verbose'] : ['default'],
    globalSetup: ['test/kit/global.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
})
