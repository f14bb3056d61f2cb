/** Random histories of memories that come of each other, against a model of lineage that knows no database. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { erase, openBeneath, type StoreBeneath } from '../kit/beneath.ts'
import { IS_THOROUGH, pglite, sqliteMemory, type TestEngine } from '../kit/engines.ts'
import { linkRows } from '../kit/graphs.ts'
import { expectSound } from '../kit/invariants.ts'
import { type Edge, LineageModel } from '../kit/lineage-model.ts'
import { COMMAND, type Command, type Step, stepFor } from './lineage-steps.ts'

const HISTORY = fc.array(COMMAND, { minLength: 8, maxLength: 30 })

/** What was done, and what was refused, by the name of the step. */
type Tally = Map<string, number>

async function take({ refusal, call, apply }: Step): Promise<boolean> {
  if (refusal === null) apply(await call())
  else await expect(call()).rejects.toMatchObject({ code: refusal })
  return refusal === null
}

async function expectLinks(store: StoreBeneath, model: LineageModel): Promise<void> {
  const expected = model.edges.map(edge => {
    const { hash, label } = model.saidBy(edge)
    const source_id = edge.last === null ? edge.source : null
    return [edge.target, edge.type, edge.source, source_id, hash, label, edge.last !== null].join(' ')
  })
  const found = (await linkRows(store)).map(row => {
    const { target_id, type, source_ref, source_id, source_hash, source_label, source_deleted_at } = row
    const isGone = source_deleted_at !== null
    return [target_id, type, source_ref, source_id, source_hash, source_label, isGone].join(' ')
  })
  expect(found.sort()).toEqual(expected.sort())
}

async function expectLineage({ memory }: StoreBeneath, model: LineageModel): Promise<void> {
  for (const id of model.ids) {
    const expected = model.lineage(id)
    const call = memory.lineage({ id, depth: 10_000, nodes: 10_000 })
    if (expected === null) {
      await expect(call).rejects.toMatchObject({ code: 'NOT_FOUND' })
      continue
    }
    const { nodes, edges, cut } = await call
    const sentences = edges.map(({ target, type, source }) => `${target} ${type} ${source}`).sort()
    expect(sentences, `edges around ${id}`).toEqual(expected.edges)
    expect(nodes).toHaveLength(expected.nodes.size)
    expect(new Map(nodes.map(node => [node.id, node.state])), `states around ${id}`).toEqual(expected.nodes)
    expect(new Map(nodes.map(node => [node.id, node.distance])), `around ${id}`).toEqual(expected.distances)
    expect(cut).toBe(null)
  }
}

async function live(
  engine: TestEngine,
  commands: readonly Command[],
  { model, tally }: { model: LineageModel; tally: Tally },
): Promise<void> {
  await using store = await openBeneath(engine)
  const [first] = (await store.memory.list({})).results
  model.add(first?.id ?? '', { content: first?.content ?? '', kind: 'note', project: null })
  for (const command of commands) {
    store.clock.advance(command.wait)
    const isDone = await take(stepFor(command, { store, model, erase: id => erase(store, id) }))
    const name = isDone ? command.step : `no ${command.step}`
    tally.set(name, (tally.get(name) ?? 0) + 1)
  }
  await expectLinks(store, model)
  await expectLineage(store, model)
  await expectSound(store)
}

const STEPS = [
  ...['consolidate', 'erase', 'forget', 'ingest', 'link', 'remember', 'renew', 'restore', 'revise', 'share'],
  ...['share again', 'succeed', 'supersede', 'unlink'],
]

/** With the steps that so many histories are sure to take. */
type Case = readonly [TestEngine, number, readonly string[]]

const engines: readonly Case[] = [
  [sqliteMemory, 80, STEPS],
  ...(IS_THOROUGH ? [[pglite(), 6, ['remember', 'share', 'ingest']] satisfies Case] : []),
]

for (const [engine, numRuns, expected] of engines) {
  it(`lineage tells every history as it was, on ${engine.name}`, async () => {
    const tally: Tally = new Map()
    await fc.assert(
      fc.asyncProperty(HISTORY, commands => live(engine, commands, { model: new LineageModel(), tally })),
      { numRuns },
    )
    expect(expected.filter(step => !tally.has(step))).toEqual([])
  })
}

/** What a careless store would do; the property must tell each of them from a careful one. */
const CARELESS: Readonly<Record<string, () => LineageModel>> = {
  'drops the links of a source that goes': () =>
    new (class extends LineageModel {
      override erase(id: string): void {
        super.erase(id)
        this.edges = this.edges.filter(({ source }) => source !== id)
      }
    })(),
  'forgets to refresh the copy of a source': () =>
    new (class extends LineageModel {
      readonly #first = new WeakMap<Edge, ReturnType<LineageModel['saidBy']>>()
      override link(target: string, type: string, source: string): void {
        super.link(target, type, source)
        for (const edge of this.edges) if (!this.#first.has(edge)) this.#first.set(edge, super.saidBy(edge))
      }
      override saidBy(edge: Edge) {
        return this.#first.get(edge) ?? super.saidBy(edge)
      }
    })(),
  'keeps the link to a successor after a restore': () =>
    new (class extends LineageModel {
      override unlink(target: string, type: string, source: string): void {
        if (type !== 'superseded_by') super.unlink(target, type, source)
      }
    })(),
  'links a copy of a copy to the first source': () =>
    new (class extends LineageModel {
      override link(target: string, type: string, source: string): void {
        const before = this.edges.find(edge => edge.type === type && edge.target === source)
        super.link(target, type, type === 'shared_from' && before ? before.source : source)
      }
    })(),
}

for (const [what, careless] of Object.entries(CARELESS)) {
  it(`a store that ${what} would be found out`, async () => {
    const property = fc.asyncProperty(HISTORY, commands =>
      live(sqliteMemory, commands, { model: careless(), tally: new Map() }),
    )
    const { failed, counterexample } = await fc.check(property, { numRuns: 200, endOnFailure: true })
    expect({ failed, found: counterexample !== null }).toEqual({ failed: true, found: true })
  })
}
