import { describe, expect, it } from 'vitest'
import { actingAs } from '../kit/actors.ts'
import { openBeneath } from '../kit/beneath.ts'
import { type TestEngine, temporaryFolder } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'
import { UNDOABLE } from '../kit/undoable.ts'
import { open, refused, refusing, stateOf } from './undo-refused.ts'

export function undoing(engine: TestEngine): void {
  describe('undo', () => {
    for (const { name, prepare } of UNDOABLE) {
      it(`of ${name} gives back what was, and undone itself what came after`, async () => {
        await using store = await open(engine)
        const { memory, clock } = store
        const change = await prepare(memory, clock)
        clock.advance(1000)
        const before = await stateOf(store)
        const { receipt } = await change()
        const after = await stateOf(store)
        expect(after).not.toBe(before)
        clock.advance(1000)
        const undone = await memory.undo({ receipt: receipt ?? '', note: 'a slip' })
        expect(await stateOf(store)).toBe(before)
        await expectSound(store)
        const redone = await memory.undo({ receipt: undone.receipt ?? '' })
        expect(await stateOf(store)).toBe(after)
        await expectSound(store)
        await memory.undo({ receipt: redone.receipt ?? '' })
        expect(await stateOf(store)).toBe(before)
        await expectSound(store)
      })
    }
    refusing(engine)
    receipts(engine)
    accounts(engine)
    among(engine)
    later(engine)
  })
}

/** Versions that were told of, taken back and made anew: a forged one is found, and so is a change that is not told of. */
function accounts(engine: TestEngine): void {
  it('leaves an account by which doctor finds what was forged', async () => {
    const forgeries = [
      [`update memories set title = 'forged'`, /version 2 of .* is not as journalled in title/],
      [`update memory_revisions set codebase = 'forged'`, /version 1 of .* is not as journalled in codebase/],
      [`delete from memories`, /it tells of the memory .*, which is gone/],
    ] as const
    for (const [statement, found] of forgeries) {
      await using store = await open(engine)
      const { memory, raw } = store
      const { id } = await memory.remember({ content: 'a heron' })
      const { receipt } = await memory.revise({ id, content: 'two herons', title: 'Birds' })
      await memory.undo({ receipt: receipt ?? '' })
      await memory.revise({ id, content: 'three herons', title: 'Herons' })
      const gone = await memory.remember({ content: 'a pond' })
      await memory.undo({ receipt: gone.receipt ?? '' })
      await expectSound(store)
      await raw(statement)
      const { checks } = await memory.doctor({})
      expect(checks.find(({ name }) => name === 'journal')?.detail, statement).toMatch(found)
    }
  })
}

function receipts(engine: TestEngine): void {
  it('takes receipts of this store alone, and whole ones', async () => {
    await using store = await open(engine)
    await using other = await open(engine)
    const { memory } = store
    const { receipt } = await memory.remember({ content: 'a heron', project: 'apollo' })
    const far = await other.memory.remember({ content: 'another', project: 'apollo', note: 'far' })
    expect(await refused(memory.undo({ receipt: far.receipt ?? '' }))).toMatch(
      /^NOT_FOUND: .*no receipt of this store/,
    )
    expect(await refused(memory.undo({ receipt: 'r99-1-000000000000' }))).toMatch(/^NOT_FOUND/)
    expect(await refused(memory.undo({ receipt: 'anything' }))).toMatch(/^INVALID_INPUT: .*not a receipt/)
    expect(await refused(memory.undo({ receipt: '01900000-0000-7000-8000-00000000ffff' }))).toMatch(
      /^INVALID_INPUT: .*receipt of a run/,
    )
    const torn = (receipt ?? '').replace(/^r1-2-/, 'r1-1-')
    expect(torn).not.toBe(receipt)
    expect(await refused(memory.undo({ receipt: torn }))).toMatch(
      /^INVALID_INPUT: .*not the receipt of one change/,
    )
    const many = (receipt ?? '').replace(/^r1-2-/, 'r1-3-')
    await memory.remember({ content: 'a pond' })
    expect(await refused(memory.undo({ receipt: many }))).toMatch(
      /^INVALID_INPUT: .*not the receipt of one change/,
    )
  })

  it('answers again under its key, and the change itself under its own', async () => {
    await using store = await open(engine)
    const { memory } = store
    const said = { content: 'a heron', idempotency_key: 'k1' }
    const { receipt } = await memory.remember(said)
    expect((await memory.remember(said)).receipt).toBe(receipt)
    const undone = await memory.undo({ receipt: receipt ?? '', idempotency_key: 'k2' })
    expect(await memory.undo({ receipt: receipt ?? '', idempotency_key: 'k2' })).toEqual(undone)
    expect((await memory.remember(said)).receipt).toBe(receipt)
    expect((await memory.status({})).memories.total).toBe(0)
    await expectSound(store)
  })

  it('has no receipt where nothing was changed, and takes no ingest back', async () => {
    await using store = await open(engine)
    const { memory } = store
    const { id } = await memory.remember({ content: 'a heron' })
    expect((await memory.remember({ content: 'a heron' })).receipt).toBeNull()
    expect((await memory.revise({ id, content: 'a heron' })).receipt).toBeNull()
    await memory.ingest({ text: '# A\n\nOne.', name: 'a.md' })
    const { entries } = await memory.journal({ operation: 'ingest', limit: 100 })
    const first = entries.at(-1)
    const receipt = `r${first?.sequence}-${entries.length}-${first?.hash.slice(0, 12)}`
    expect(await refused(memory.undo({ receipt }))).toMatch(/^UNSUPPORTED: What ingest did/)
    await expectSound(store)
  })
}

function later(engine: TestEngine): void {
  const folder = temporaryFolder()

  it('works where the store was brought back from a snapshot', async () => {
    await using store = await open(engine)
    await using other = await open(engine)
    const { memory } = store
    await memory.remember({ content: 'a pond' })
    const before = await stateOf(store)
    const { receipt } = await memory.remember({ content: 'a heron', project: 'apollo' })
    const made = await memory.snapshot_create({ dir: folder })
    await other.memory.snapshot_restore({ id: made.id, dir: folder, to: other.address })
    await other.memory.undo({ receipt: receipt ?? '' })
    expect(await stateOf(other)).toBe(before)
    await expectSound(other)
  })

  it('leaves closed what time closed, and takes back what had opened it', async () => {
    await using store = await open(engine)
    const { memory, clock } = store
    const slot = (value: string) => `gate / port = ${value}` as never
    await memory.remember({ content: 'one', slot: slot('1') })
    const opened = await memory.remember({ content: 'two', slot: slot('2'), valid_until: '2026-01-02' })
    clock.advance(48 * 60 * 60 * 1000)
    const telling = await memory.remember({ content: 'a heron' })
    const resolution = async () => (await memory.conflict({ id: opened.conflict?.id ?? '' })).resolution
    expect((await memory.journal({ subject_kind: 'conflict' })).entries).toHaveLength(2)
    const undone = await memory.undo({ receipt: telling.receipt ?? '' })
    expect(undone.changes).toEqual([{ subject_kind: 'memory', subject_id: telling.id }])
    expect(await resolution()).toBe('expired')
    expect((await memory.journal({ subject_kind: 'conflict' })).entries).toHaveLength(2)
    const { receipt } = await memory.undo({ receipt: opened.receipt ?? '' })
    expect((await memory.conflicts({ status: 'closed' })).conflicts).toEqual([])
    expect((await memory.status({})).memories.total).toBe(1)
    await expectSound(store)
    await memory.undo({ receipt: receipt ?? '' })
    expect(await resolution()).toBe('expired')
    await expectSound(store)
  })
}

function among(engine: TestEngine): void {
  it('lets an agent take back what agents did, and nothing that a person did', async () => {
    await using store = await openBeneath(engine, { actor: 'person' })
    const agent = actingAs('agent', store)
    const own = await agent.remember({ content: 'a heron' })
    const said = await store.memory.remember({ content: 'a pond' })
    expect(await refused(agent.undo({ receipt: said.receipt ?? '' }))).toMatch(
      /^ACCESS_DENIED: .*a person did this/,
    )
    await agent.undo({ receipt: own.receipt ?? '' })
    expect(await refused(store.memory.get({ id: own.id }))).toMatch(/^NOT_FOUND/)
    const { entries } = await store.memory.journal({ operation: 'undo' })
    expect(entries).toMatchObject([{ actor_kind: 'agent', subject_id: own.id }])
    await expectSound(store)
  })

  it('opens the conflict that follows from going back', async () => {
    await using store = await open(engine)
    const { memory } = store
    const slot = (value: string) => `gate / port = ${value}` as never
    const { id } = await memory.remember({ content: 'one', slot: slot('1') })
    const { receipt } = await memory.revise({ id, slot: slot('2') })
    await memory.remember({ content: 'two', slot: slot('2') })
    const before = await stateOf(store)
    const undone = await memory.undo({ receipt: receipt ?? '' })
    expect((await memory.conflicts({})).conflicts).toMatchObject([{ status: 'open' }])
    await memory.undo({ receipt: undone.receipt ?? '' })
    expect(await stateOf(store)).toBe(before)
    await expectSound(store)
  })
}
