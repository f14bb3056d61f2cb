import { defineConfig } from 'vitest/config'

/** What `npm test` proves on SQLite alone, because it takes minutes on PostgreSQL, here on both. */
export default defineConfig({
  test: {
    include: [
      'test/store/{doctor,tampering,knowledge-tampering,knowledge-filling}.test.ts',
      'test/operations/import-{batches,odd,refused}.test.ts',
      'test/store/schema/{artefacts,bad-input,decisions,fixtures,rebuilds,reconcile}.test.ts',
    ],
    env: { HEIRLOOM_TEST_THOROUGH: 'yes' },
    globalSetup: ['test/kit/global.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
})
