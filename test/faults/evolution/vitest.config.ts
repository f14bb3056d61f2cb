import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/faults/evolution/*.faults.ts'],
    testTimeout: 900_000,
    hookTimeout: 60_000,
  },
})
