/** Whatever answers with a receipt is taken back in a test. */
import { expect, it } from 'vitest'
import { OPERATIONS } from '../../src/operations/index.ts'
import { sqliteMemory } from '../kit/engines.ts'
import { UNDOABLE } from '../kit/undoable.ts'

/** Receipts of runs, which tell of what was done to a store as a whole. */
const OF_RUNS = ['migrate', 'snapshot_restore', 'backfill_shared_from']

it('the list of all that can be taken back has every operation with a receipt', async () => {
  const taken = new Set<string>()
  for (const { name, prepare } of UNDOABLE) {
    await using store = await sqliteMemory.open({ actor: 'person' })
    const change = await prepare(store.memory, store.clock)
    const { receipt } = await change()
    expect(receipt, name).toMatch(/^r\d/)
    const { entries } = await store.memory.journal({ limit: 100 })
    for (const { operation, ...entry } of entries) if (entry.receipt === receipt) taken.add(operation)
  }
  const answering = Object.entries(OPERATIONS)
    .filter(([name, { output }]) => 'receipt' in output.shape && !OF_RUNS.includes(name))
    .map(([name]) => name)
  expect(answering.filter(name => !taken.has(name))).toEqual([])
  expect(answering.length).toBeGreaterThan(20)
})
