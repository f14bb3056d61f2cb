import { describe, expect, it } from 'vitest'
import type { TestEngine, TestStore } from '../kit/engines.ts'
import { insertLinks, insertMemories, numbered, type Triple } from '../kit/graphs.ts'
import { seeded } from '../kit/random.ts'

/** Memories of which nothing but their ids matters, linked as said by their numbers. */
async function graph(
  store: TestStore,
  count: number,
  links: readonly (readonly [target: number, source: number])[],
): Promise<string[]> {
  const { id } = await store.memory.remember({ content: 'a memory like the others' })
  const ids = await insertMemories(store, id, count)
  await insertLinks(store, links.map(triple))
  return ids
}

function triple([target, source]: readonly [number, number]): Triple {
  return { target: numbered(target), type: 'derived_from', source: numbered(source) }
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)

type Found = Awaited<ReturnType<TestStore['memory']['lineage']>>

const told = ({ nodes, edges }: Found) => ({
  nodes: nodes.map(({ id }) => id).sort(),
  edges: edges.map(({ source, type, target }) => `${target} ${type} ${source}`).sort(),
})

export function limiting(engine: TestEngine): void {
  describe('lineage limits', () => {
    it('cut by depth only where something is left out', async () => {
      await using store = await engine.open()
      const ids = await graph(store, 7, chained(0, 7))
      const at = async (number: number, depth: number) => {
        const { nodes, cut, notices } = await store.memory.lineage({ id: ids[number]!, depth })
        return [nodes.length, cut, notices.length]
      }
      expect(await at(0, 5)).toEqual([6, 'depth', 1])
      expect(await at(0, 6)).toEqual([7, null, 0])
      expect(await at(6, 5)).toEqual([6, 'depth', 1])
      expect(await at(6, 6)).toEqual([7, null, 0])
      expect(await at(3, 2)).toEqual([5, 'depth', 1])
      expect(await at(3, 3)).toEqual([7, null, 0])
      expect(await at(2, 3)).toEqual([6, 'depth', 1])
    })

    it('cut by nodes only where something is left out', async () => {
      await using store = await engine.open()
      const ids = await graph(
        store,
        10,
        numbers(9).map(index => [index + 1, 0] as const),
      )
      const at = async (number: number, nodes: number) => {
        const found = await store.memory.lineage({ id: ids[number]!, nodes })
        return [found.nodes.length, found.edges.length, found.cut]
      }
      expect(await at(0, 1)).toEqual([1, 0, 'nodes'])
      expect(await at(0, 9)).toEqual([9, 8, 'nodes'])
      expect(await at(0, 10)).toEqual([10, 9, null])
      expect(await at(4, 1)).toEqual([1, 0, 'nodes'])
      expect(await at(4, 2)).toEqual([2, 1, null])
    })

    it('leave no side to be shown by the other one alone', async () => {
      await using store = await engine.open()
      const ids = await graph(store, 41, chained(0, 41))
      const { nodes, cut } = await store.memory.lineage({ id: ids[20]!, nodes: 11 })
      expect(cut).toBe('nodes')
      expect(nodes.map(node => node.distance).sort((a, b) => a - b)).toEqual(numbers(11).map(n => n - 5))
    })

    it('hold back no link between memories that are shown without saying so', async () => {
      await using store = await engine.open()
      // One, from which four come; from each of these the same four.
      const links = [1, 2, 3, 4].flatMap(middle => [
        [middle, 0] as const,
        ...[5, 6, 7, 8].map(last => [last, middle] as const),
      ])
      const ids = await graph(store, 9, links)
      const at = async (nodes: number) => {
        const found = await store.memory.lineage({ id: ids[0]!, nodes })
        return { nodes: found.nodes.length, isWhole: found.edges.length === 20, isCut: found.cut !== null }
      }
      expect(await at(500)).toEqual({ nodes: 9, isWhole: true, isCut: false })
      expect(await at(8)).toMatchObject({ nodes: 8, isCut: true })
      const { nodes, isWhole, isCut } = await at(9)
      expect({ nodes, isCut }).toEqual({ nodes: 9, isCut: !isWhole })
    })

    it('say so of a link between two of the last level', async () => {
      await using store = await engine.open()
      const ids = await graph(store, 3, [
        [2, 1],
        [2, 0],
        [1, 0],
      ])
      const { nodes, edges, cut } = await store.memory.lineage({ id: ids[2]!, depth: 1 })
      expect(nodes).toHaveLength(3)
      expect(cut).toBe(edges.length === 3 ? null : 'depth')
    })

    it('that do not say that they cut have left nothing out, in any graph', async () => {
      await using store = await engine.open()
      const ids = await graph(store, 40, someLinks(8))
      const limits = [
        ...[1, 2, 3].map(depth => ({ depth, nodes: 10_000 })),
        ...[1, 2, 3, 4, 5].map(nodes => ({ depth: 100, nodes })),
      ]
      const wrong: string[] = []
      for (const [number, id] of ids.entries()) {
        const whole = told(await store.memory.lineage({ id, depth: 10_000, nodes: 10_000 }))
        for (const limit of limits) {
          const found = await store.memory.lineage({ id, ...limit })
          const isWhole = JSON.stringify(told(found)) === JSON.stringify(whole)
          if (isWhole !== (found.cut === null)) wrong.push(`${number} ${JSON.stringify(limit)}: ${found.cut}`)
        }
      }
      expect(wrong).toEqual([])
    })
  })

  describe('lineage of long chains', () => {
    it('of a thousand copies is told whole, from either end', async () => {
      await using store = await engine.open()
      const ids = await graph(store, 1000, chained(0, 1000))
      for (const id of [ids[0]!, ids[999]!]) {
        const { nodes, edges, cut } = await store.memory.lineage({ id, depth: 1000, nodes: 1000 })
        expect([nodes.length, edges.length, cut]).toEqual([1000, 999, null])
      }
      const { nodes, cut } = await store.memory.lineage({ id: ids[500]! })
      expect([nodes.length, cut]).toEqual([201, 'depth'])
    })

    it('of thousands of links is answered', async () => {
      await using store = await engine.open()
      // Two statements a level, each of which takes a server several times as long.
      const most = (await store.memory.status({})).engine === 'sqlite' ? 10_000 : 2_000
      const ids = await graph(store, most + 1, chained(0, most + 1))
      const call = { id: ids[most / 2]!, depth: most, nodes: most }
      const { nodes, edges, cut } = await store.memory.lineage(call)
      expect([nodes.length, edges.length, cut]).toEqual([most, most - 1, 'nodes'])
    }, 180_000)

    it('of ten thousand sources is answered', async () => {
      await using store = await engine.open()
      const ids = await graph(
        store,
        10_001,
        numbers(10_000).map(index => [0, index + 1] as const),
      )
      const found = await store.memory.lineage({ id: ids[0]!, nodes: 10_000 })
      expect([found.nodes.length, found.cut]).toEqual([10_000, 'nodes'])
      expect((await store.memory.links({ id: ids[0]! })).truncated).toBe(true)
      const page = await store.memory.links({ id: ids[9999]!, limit: 5 })
      expect(page.fan_out).toHaveLength(1)
    })
  })
}

/** Groups of five memories each, with seven links or fewer among them. */
function someLinks(groups: number): (readonly [number, number])[] {
  const random = seeded(5)
  const pick = () => Math.floor(random() * 5)
  const links = new Map<string, readonly [number, number]>()
  for (const group of numbers(groups)) {
    for (let count = 0; count < 7; count++) {
      const [target, source] = [group * 5 + pick(), group * 5 + pick()]
      if (target !== source) links.set(`${target} ${source}`, [target, source])
    }
  }
  return [...links.values()]
}

function chained(from: number, to: number): (readonly [number, number])[] {
  return numbers(to - from - 1).map(index => [from + index + 1, from + index] as const)
}
