/** What slots, mentions, graphs and context cost, each beside the same work without it. */
import type { Heirloom } from '../src/index.ts'
import { openStore } from '../src/open.ts'
import { entityId, fillKnowledge, nameOf } from './knowledge-fill.ts'
import type { BenchStores } from './stores.ts'
import { textSource } from './text.ts'
import { quantile, round, timed } from './times.ts'

const ROUNDS = 200
const WARMING = 20
/** Memories that claim something before anything is measured. */
const CLAIMED = 5000
const WORDS = 500

export interface KnowledgeSizes {
  readonly memories: number
  readonly entities: number
  readonly relationships: number
}

export interface Figure {
  readonly what: string
  readonly p50_ms: number
  readonly p95_ms: number
  /** Its time as a multiple of what it is held against; null where it stands alone. */
  readonly ratio: number | null
}

/** `fill` puts the memories in, as the rest of the bench does. */
export async function measureKnowledge(
  stores: BenchStores,
  sizes: KnowledgeSizes,
  fill: (memory: Heirloom, size: number) => Promise<readonly string[]>,
): Promise<Figure[]> {
  const memory = await stores.open()
  const texts = await fill(memory, sizes.memories)
  const writing = await measureSlots(memory)
  await memory.close()
  await fillKnowledge(stores.address(), { entities: sizes.entities, relationships: sizes.relationships })
  const finding = await measureMentions(stores.address(), texts)
  const again = await stores.reopen()
  const asking = await measureGraph(again, sizes.entities)
  const packing = await measureContext(again, texts)
  await again.close()
  return [...writing, ...finding, ...asking, ...packing]
}

/** Single writes in turn: without a slot, with one that nobody else fills, with one that contradicts. */
async function measureSlots(memory: Heirloom): Promise<Figure[]> {
  const source = textSource(-2)
  for (let index = 0; index < CLAIMED; index++)
    await memory.remember({ content: source.next(), slot: slot(index, 'as it is') })
  const [plain, free, contested]: [number[], number[], number[]] = [[], [], []]
  for (let round = 0; round < ROUNDS + WARMING; round++) {
    const times = [
      await took(() => memory.remember({ content: source.next() })),
      await took(() => memory.remember({ content: source.next(), slot: slot(CLAIMED + round, 'new') })),
      await took(() => memory.remember({ content: source.next(), slot: slot(round, 'otherwise') })),
    ]
    if (round < WARMING) continue
    for (const [at, list] of [plain, free, contested].entries()) list.push(times[at]!)
  }
  const base = quantile(plain, 0.5)
  return [
    figure('remember', plain, null),
    figure('remember with a slot', free, base),
    figure('remember that opens a conflict', contested, base),
  ]
}

function slot(index: number, value: string) {
  return { subject: `machine ${index}`, attribute: 'state', value }
}

/** Names in a text of 500 words, one in twenty of which begins a name. */
async function measureMentions(address: string, texts: readonly string[]): Promise<Figure[]> {
  const { store, context } = await openStore({ store: address })
  const { principal } = context()
  const words = texts
    .slice(0, 200)
    .flatMap(text => text.split(' '))
    .slice(0, WORDS)
  const text = words.map((word, at) => (at % 20 === 0 ? nameOf(at * 31) : word)).join(' ')
  const times = await store.read(principal, async tx => {
    const taken: number[] = []
    for (let round = 0; round < ROUNDS + WARMING; round++) {
      const time = await took(() => tx.mentions.namedIn(text))
      if (round >= WARMING) taken.push(time)
    }
    return taken
  })
  await store.close()
  return [figure(`names in a text of ${WORDS} words`, times, null)]
}

async function measureGraph(memory: Heirloom, entities: number): Promise<Figure[]> {
  const ids = Array.from({ length: ROUNDS }, (_, index) => entityId((index * 7919) % entities))
  const questions: Readonly<Record<string, (id: string, at: number) => Promise<unknown>>> = {
    'what it contains': id => memory.graph_contents({ id }),
    'where it is used': id => memory.graph_usage({ id }),
    'what interfaces with it': id => memory.graph_interfaces({ id }),
    'which decisions affect it': id => memory.graph_decisions({ id }),
    'on which assumptions it is based': id => memory.graph_assumptions({ id }),
    'its neighbourhood': id => memory.graph_show({ id }),
    'the path to another': (id, at) => memory.graph_path({ from: id, to: ids[(at + 1) % ids.length]! }),
    'requirements that nothing satisfies': () => memory.graph_orphans({}),
    'claims without evidence': () => memory.graph_unsupported({}),
    'decisions on shaky assumptions': () => memory.graph_shaky({}),
  }
  const figures: Figure[] = []
  for (const [what, ask] of Object.entries(questions)) {
    const times: number[] = []
    for (const [at, id] of ids.entries()) times.push(await took(() => ask(id, at)))
    figures.push(figure(what, times.slice(WARMING), null))
  }
  return figures
}

async function measureContext(memory: Heirloom, texts: readonly string[]): Promise<Figure[]> {
  const source = textSource(-3)
  const [recall, context]: [number[], number[]] = [[], []]
  for (let round = 0; round < ROUNDS + WARMING; round++) {
    const query = source.queryFrom(texts[(round * 7919) % texts.length]!)
    const times = [
      await took(() => memory.recall({ query })),
      await took(() => memory.context({ prompt: query })),
    ]
    if (round < WARMING) continue
    recall.push(times[0]!)
    context.push(times[1]!)
  }
  return [figure('recall', recall, null), figure('context', context, quantile(recall, 0.5))]
}

/** Milliseconds. */
async function took(work: () => Promise<unknown>): Promise<number> {
  const [ms] = await timed(work)
  return ms
}

function figure(what: string, times: readonly number[], base: number | null): Figure {
  const p50_ms = quantile(times, 0.5)
  return {
    what,
    p50_ms: round(p50_ms),
    p95_ms: round(quantile(times, 0.95)),
    ratio: base === null ? null : round(p50_ms / base),
  }
}
