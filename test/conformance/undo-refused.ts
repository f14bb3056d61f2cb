/** What stands in the way of taking a change back, and is named. */
import { expect, it } from 'vitest'
import type { TestEngine, TestStore } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'

export const open = (engine: TestEngine) => engine.open({ actor: 'person' })

/** What is known, and by which spaces recall goes. */
export async function stateOf({ memory }: Pick<TestStore, 'memory'>): Promise<string> {
  const { digest } = await memory.digest({})
  const { spaces } = await memory.space_list({})
  return [digest, ...spaces.map(({ name, is_default }) => `${name} ${is_default}`)].join('\n')
}

/** What a call refuses with. */
export async function refused(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => 'nothing',
    (caught: { code: string; message: string }) => `${caught.code}: ${caught.message}`,
  )
  return String(error)
}

export function refusing(engine: TestEngine): void {
  it('names what was changed since, and takes all back in reverse', async () => {
    await using store = await open(engine)
    const { memory } = store
    const first = await memory.remember({ content: 'a heron', project: 'apollo' })
    const second = await memory.revise({ id: first.id, content: 'two herons' })
    const error = await refused(memory.undo({ receipt: first.receipt ?? '' }))
    expect(error).toMatch(/^CONFLICT: memory .* was changed since by revise, .* by person/)
    expect(error).toContain(`heirloom undo ${second.receipt}`)
    await memory.undo({ receipt: second.receipt ?? '' })
    expect(await refused(memory.undo({ receipt: second.receipt ?? '' }))).toMatch(
      /^CONFLICT: This was taken back already/,
    )
    await memory.undo({ receipt: first.receipt ?? '' })
    expect((await memory.status({})).memories.total).toBe(0)
    expect(await refused(memory.undo({ receipt: first.receipt ?? '' }))).toMatch(/taken back already/)
    await expectSound(store)
  })

  it('leaves nothing done where one part of a change is in the way', async () => {
    await using store = await open(engine)
    const { memory } = store
    const from = [
      (await memory.remember({ content: 'a heron' })).id,
      (await memory.remember({ content: 'a pond' })).id,
    ]
    const { id, receipt } = await memory.consolidate({ from, content: 'both', supersede: true })
    const twin = await memory.remember({ content: 'a pond' })
    const before = await stateOf(store)
    expect(await refused(memory.undo({ receipt: receipt ?? '' }))).toMatch(
      new RegExp(`^CONFLICT: .*says exactly the same. Take that back first: heirloom undo ${twin.receipt}$`),
    )
    expect(await stateOf(store)).toBe(before)
    expect((await memory.get({ id })).status).toBe('active')
    await expectSound(store)
  })

  it('names what refers to what would go', async () => {
    await using store = await open(engine)
    const { memory } = store
    const source = await memory.remember({ content: 'a heron' })
    const target = (await memory.remember({ content: 'a pond' })).id
    const { receipt } = await memory.link({ target, type: 'derived_from', source: source.id })
    expect(await refused(memory.undo({ receipt: source.receipt ?? '' }))).toContain(
      `the link ${target} derived_from ${source.id} names it. Take that back first: heirloom undo ${receipt}`,
    )
    await memory.undo({ receipt: receipt ?? '' })
    const claimed = await memory.remember({ content: 'gate 1', slot: 'gate / port = 1' as never })
    const against = await memory.remember({ content: 'gate 2', slot: 'gate / port = 2' as never })
    const standing = await refused(memory.undo({ receipt: claimed.receipt ?? '' }))
    expect(standing).toContain(`conflict ${against.conflict?.id}`)
    expect(standing).toContain(`heirloom undo ${against.receipt}`)
    const tower = await memory.entity_create({ type: 'component', name: 'Tower' })
    await memory.entity_create({ type: 'component', name: 'Beacon' })
    const whole = await memory.relate({ source: 'Tower', type: 'contains', target: 'Beacon' })
    const told = await memory.invalidate({ id: whole.id })
    const named = await refused(memory.undo({ receipt: tower.receipt ?? '' }))
    expect(named).toContain(`relationship ${whole.id}`)
    expect(named).toContain(`heirloom undo ${told.receipt}`)
    await memory.undo({ receipt: told.receipt ?? '' })
    expect(await refused(memory.undo({ receipt: tower.receipt ?? '' }))).toContain(
      `heirloom undo ${whole.receipt}`,
    )
    await memory.undo({ receipt: whole.receipt ?? '' })
    await memory.undo({ receipt: tower.receipt ?? '' })
    await memory.undo({ receipt: source.receipt ?? '' })
    await expectSound(store)
  })

  it('names the change from which it followed that a conflict closed', async () => {
    await using store = await open(engine)
    const { memory } = store
    const claim = (value: string) =>
      memory.remember({ content: value, slot: `gate / port = ${value}` as never })
    const [one, two, three] = [await claim('1'), await claim('2'), await claim('3')]
    await memory.forget({ id: one.id })
    const { receipt } = await memory.forget({ id: two.id })
    const error = await refused(memory.undo({ receipt: three.receipt ?? '' }))
    expect(error).toMatch(/^CONFLICT: conflict .* was changed since by close_conflict, .* by system/)
    expect(error).toContain(`Take that back first: heirloom undo ${receipt}`)
    await memory.undo({ receipt: receipt ?? '' })
    await memory.undo({ receipt: three.receipt ?? '' })
    await expectSound(store)
  })

  it('gives nothing back to where it was, where that is gone or taken', async () => {
    await using store = await open(engine)
    const { memory } = store
    const said = await memory.remember({ content: 'a heron' })
    const undone = await memory.undo({ receipt: said.receipt ?? '' })
    await memory.remember({ content: 'a heron' })
    expect(await refused(memory.undo({ receipt: undone.receipt ?? '' }))).toMatch(
      /^CONFLICT: .*says exactly the same/,
    )
    const [one, two] = [
      await memory.remember({ content: 'one', project: 'apollo' }),
      await memory.remember({ content: 'two', project: 'apollo' }),
    ]
    const later = await memory.undo({ receipt: two.receipt ?? '' })
    const went = await memory.undo({ receipt: one.receipt ?? '' })
    const gone = await refused(memory.undo({ receipt: later.receipt ?? '' }))
    expect(gone).toMatch(/^CONFLICT: .*project "apollo" is gone/)
    expect(gone).toContain(`heirloom undo ${went.receipt}`)
    await memory.undo({ receipt: went.receipt ?? '' })
    await memory.undo({ receipt: later.receipt ?? '' })
    await expectSound(store)
  })

  it('refreshes what a link that comes back says of its source', async () => {
    await using store = await open(engine)
    const { memory } = store
    const source = (await memory.remember({ content: 'a heron', title: 'Birds' })).id
    const target = (await memory.remember({ content: 'a pond' })).id
    const ends = { target, type: 'derived_from', source }
    await memory.link(ends)
    const { receipt } = await memory.unlink(ends)
    await memory.revise({ id: source, content: 'two herons', title: 'More birds' })
    await memory.undo({ receipt: receipt ?? '' })
    expect((await memory.links({ id: target })).sources).toMatchObject([{ id: source }])
    await expectSound(store)
  })

  it('lets a project stay that is in use meanwhile, and says so', async () => {
    await using store = await open(engine)
    const { memory } = store
    const { receipt } = await memory.remember({ content: 'one', project: 'apollo' })
    await memory.remember({ content: 'two', project: 'apollo' })
    const { notices } = await memory.undo({ receipt: receipt ?? '' })
    expect(notices.join()).toMatch(/"apollo".*stays/)
    expect((await memory.project({ action: 'list' })).projects).toMatchObject([
      { name: 'apollo', memories: 1 },
    ])
    await expectSound(store)
  })

  if (!engine.shared) return
  it('is done once where two ask for it at the same time', async () => {
    await using store = await open(engine)
    const other = await store.another({ actor: 'person' })
    const { id } = await store.memory.remember({ content: 'a heron' })
    const { receipt } = await store.memory.revise({ id, content: 'two herons' })
    const both = await Promise.all(
      [store.memory, other].map(one => refused(one.undo({ receipt: receipt ?? '' }))),
    )
    expect(both.sort()).toEqual([expect.stringMatching(/^CONFLICT: This was taken back already/), 'nothing'])
    expect(await store.memory.get({ id })).toMatchObject({ content: 'a heron', version: 1 })
    await expectSound(store)
  })
}
