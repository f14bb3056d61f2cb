/** Several processes that share at once, on one engine. */
import { describe, expect, it } from 'vitest'
import { openReal, type RealStore } from '../kit/child.ts'
import { expectWhole, together } from './share-children.ts'

const PROCESSES = 4
const EACH = 50

export interface StoreKit {
  readonly name: string
  /** The address of a store that is not there yet. */
  readonly newStore: () => string
}

async function fill({ memory }: RealStore, count: number): Promise<string[]> {
  const ids: string[] = []
  for (let index = 0; index < count; index++)
    ids.push((await memory.remember({ content: `thought ${index}`, project: 'source' })).id)
  return ids
}

export function sharingAtOnce({ name, newStore }: StoreKit): void {
  describe(`${PROCESSES} processes on one ${name}`, () => {
    it.each(['a project', 'a store'])(
      'that share the same into %s make one copy of each',
      async kind => {
        const [address, another] = [newStore(), newStore()]
        await using store = await openReal(address)
        await using other = await openReal(another)
        const ids = await fill(store, EACH)
        const to = kind === 'a store' ? another : 'project:lake'
        const works = Array.from({ length: PROCESSES }, () => ['all', address, to, ids.join()])
        const told = (await together(works)).flat()
        expect(told).toHaveLength(PROCESSES * EACH)
        for (const [source, lines] of Map.groupBy(told, line => line.source)) {
          expect(new Set(lines.map(({ copy }) => copy)).size, `copies of ${source}`).toBe(1)
          const made = lines.filter(({ outcome }) => outcome === 'shared')
          expect(made, `makers of ${source}`).toHaveLength(1)
        }
        const there = kind === 'a store' ? other : store
        const [{ n = 0 } = {}] = await there.raw('select count(*) as n from links')
        expect(Number(n)).toBe(EACH)
        await expectWhole(store)
        await expectWhole(other)
      },
      120_000,
    )

    it(`that share ${EACH} memories each, while another one changes all of them, end in a sound store`, async () => {
      const address = newStore()
      await using store = await openReal(address)
      const ids = await fill(store, PROCESSES * EACH)
      const shares = Array.from({ length: PROCESSES }, (_, number) => {
        const own = ids.filter((_, index) => index % PROCESSES === number)
        return ['all', address, 'project:lake', own.join()]
      })
      const told = await together([...shares, ['change', address, ids.join()]])
      expect(told.map(lines => lines.length)).toEqual([...shares.map(() => EACH), ids.length])
      await expectAnswersTrue(store, ids, told.flat())
      await expectWhole(store)
    }, 120_000)
    changingAtOnce({ name, newStore })
  })
}

function changingAtOnce({ newStore }: StoreKit): void {
  it('that supersede memories while another one revises the successors leave links that are true', async () => {
    const address = newStore()
    await using store = await openReal(address)
    const ids = await fill(store, PROCESSES * EACH)
    const [olds, successors] = [ids.slice(0, ids.length / 2).join(), ids.slice(ids.length / 2).join()]
    await together([
      ['succeed', address, olds, successors],
      ['revise', address, successors],
    ])
    const [{ n = 0 } = {}] = await store.raw(`select count(*) as n from links where type = 'superseded_by'`)
    expect(Number(n)).toBe(ids.length / 2)
    await expectWhole(store)
  }, 120_000)

  it('that read a document, revise its passages and share them end in a sound store', async () => {
    const address = newStore()
    await using store = await openReal(address)
    await together([['read', address, 'guide.md', '1']])
    const { results } = await store.memory.list({ limit: 100 })
    const ids = results.map(({ id }) => id)
    expect(ids).toHaveLength(8)
    const often = Array.from({ length: 10 }, () => ids)
    await together([
      ['read', address, 'guide.md', '30'],
      ['revise', address, often.join()],
      ['all', address, 'project:lake', often.join()],
      ['all', address, 'project:lake', often.join()],
    ])
    const { total } = await store.memory.list({ project: 'lake' })
    expect(total).toBe(ids.length)
    await expectWhole(store)
  }, 120_000)
}

type Told = Awaited<ReturnType<typeof together>>[number]

/** Copies say what the source said at some time; only what has a successor was refused. */
async function expectAnswersTrue({ memory }: RealStore, ids: readonly string[], told: Told): Promise<void> {
  for (const { source = '', copy, refused } of told) {
    if (source === '') continue
    const index = ids.indexOf(source)
    const now = await memory.get({ id: source })
    expect(now).toMatchObject({ content: `thought ${index}, said better` })
    if (refused) expect(now.status).toBe('superseded')
    else {
      const { content, project, status } = await memory.get({ id: copy ?? '' })
      expect([`thought ${index}`, `thought ${index}, said better`]).toContain(content)
      expect([project, status]).toEqual(['lake', 'active'])
      expect((await memory.links({ id: copy ?? '' })).sources.map(({ id }) => id)).toEqual([source])
    }
  }
  const statuses = await Promise.all(ids.map(async id => (await memory.get({ id })).status))
  expect(statuses).toEqual(ids.map((_, index) => (index % 2 === 0 ? 'superseded' : 'active')))
}
