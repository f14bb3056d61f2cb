import { expect, test } from 'vitest'
import { runNode } from './kit/run-node.ts'

test('docs/reference says what the code says; if not: npm run reference', async () => {
  const { code, stderr } = await runNode(['scripts/reference.ts', '--check'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
})
