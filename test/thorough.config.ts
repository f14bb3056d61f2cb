import { defineConfig } from 'vitest/config'
import { ONLY_THOROUGH } from '../vitest.config.ts'

/** What `npm test` proves on SQLite alone or in part, because all of it takes minutes, here whole. */
export default defineConfig({
  test: {
    include: [
      ...ONLY_THOROUGH,
      'test/store/{digest,doctor,tampering,knowledge-tampering,knowledge-filling}.test.ts',
      'test/store/sqlite/vector-{file,fold}.test.ts',
      'test/properties/{lineage,undo}.test.ts',
      'test/operations/{import-batches,import-odd,import-refused,migrate}.test.ts',
      'test/evolve/snapshot/{damage,diff}.test.ts',
      'test/store/schema/{artefacts,bad-input,decisions,fixtures,lock,rebuilds,reconcile,reconcile-any}.test.ts',
    ],
    env: { HEIRLOOM_TEST_THOROUGH: 'yes' },
    globalSetup: ['test/kit/global.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
})
