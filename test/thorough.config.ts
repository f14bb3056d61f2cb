import { defineConfig } from 'vitest/config'

/** What `npm test` proves on SQLite alone or in part, because all of it takes minutes, here whole. */
export default defineConfig({
  test: {
    include: [
      'test/store/{doctor,tampering,knowledge-tampering,knowledge-filling}.test.ts',
      'test/operations/{import-batches,import-odd,import-refused,migrate}.test.ts',
      'test/evolve/snapshot/damage.test.ts',
      'test/store/schema/{artefacts,bad-input,decisions,fixtures,lock,rebuilds,reconcile,reconcile-any}.test.ts',
    ],
    env: { HEIRLOOM_TEST_THOROUGH: 'yes' },
    globalSetup: ['test/kit/global.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
})
