/** Drainers of the background, each as that of a process by itself, over a store of which tests see what waits. */
import { Drainer } from '../../src/evolve/drainer.ts'
import { BOOTSTRAP_ID, type TenantId } from '../../src/model/memory.ts'
import { embeddingProblem } from '../../src/store/embedding-problem.ts'
import type { Engine } from '../../src/store/engine.ts'
import type { IndexedSpace } from '../../src/store/vector-engine.ts'
import { type FixedClock, fixedClock, fixedIds } from '../../src/testing.ts'
import { Alarms } from './alarms.ts'
import { openBeneath } from './beneath.ts'
import { type Answer, embeddersWith, TestEmbedder } from './embedders.ts'
import type { TestEngine } from './engines.ts'
import { addSpace, SPACE as NUMBERED } from './nearest.ts'
import { DIMENSIONS } from './vectors.ts'

/** What was written waits so long for more of it, in ms. */
export const GATHERING = 100

/** How long closing waits, in ms. */
export const PATIENCE = 5000

/** The first one that a store has here; the others are numbered on. */
const SPACE = { ...NUMBERED, dimensions: DIMENSIONS }

/** Processes take what they embed under ids of their own. */
const newId = fixedIds()

/** A drainer of its own, as that of a process that does nothing else. */
export function drainerOf(
  engine: Engine,
  embedders: readonly TestEmbedder[],
  clock: FixedClock = fixedClock(),
) {
  const alarms = new Alarms()
  const { now } = clock
  const drainer = new Drainer({
    engine,
    embedders: embeddersWith(...(embedders as [TestEmbedder])),
    principal: { tenant_id: BOOTSTRAP_ID as TenantId },
    stamps: null,
    surroundings: { now, newId } as never,
    after: alarms.after,
  })
  /** Has what was gathered embedded, to its end. */
  const run = async (milliseconds = GATHERING) => {
    alarms.ring(milliseconds)
    await idle()
  }
  const idle = () => drainer.drain({}, [])
  return { drainer, alarms, run, idle }
}

/** A store with a space for each of these providers; what is remembered waits until a drainer is told. */
export async function prepared(files: TestEngine, ...given: readonly TestEmbedder[]) {
  const [embedder = new TestEmbedder(), ...others] = given
  const opened = await openBeneath(files, { embedder: 'none', upgrade: 'never' })
  const { memory, store } = opened
  const { engine } = store
  const clock = fixedClock()
  for (const [at, { space }] of [embedder, ...others].entries())
    await addSpace({ engine, space: spaceAt(at) }, { provider: space.provider })
  let texts = 0
  const remember = async (count = 1) => {
    for (let at = 0; at < count; at++) await memory.remember({ content: `fact number ${++texts}` })
  }
  /** Of the space at this place. */
  const waiting = (at = 0) =>
    engine.read(db =>
      db
        .selectFrom('embedding_queue')
        .selectAll()
        .where('space', '=', SPACE.number + at)
        .execute(),
    )
  const embedded = async (at = 0) =>
    (
      await engine.read(db =>
        db
          .selectFrom('vectors')
          .select('id')
          .where('space', '=', SPACE.number + at)
          .execute(),
      )
    ).length
  const noted = (at = 0) => engine.read(db => embeddingProblem(db, SPACE.number + at))
  const process = () => drainerOf(engine, [embedder, ...others], clock)
  return { ...opened, ...process(), process, engine, embedder, clock, remember, waiting, embedded, noted }
}

function spaceAt(at: number): IndexedSpace {
  const { id, number } = SPACE
  return { ...SPACE, id: `${id.slice(0, -1)}${at}` as typeof id, number: number + at }
}

/** Answers when it is let go. */
export function gate(): { readonly answer: Answer; readonly open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  const { answer } = new TestEmbedder()
  return { answer: async (texts, options) => promise.then(() => answer(texts, options)), open: resolve }
}
