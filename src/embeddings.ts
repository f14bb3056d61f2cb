/**
 * What embeds for a store that is open: the embedders of its spaces, the space that it has without being asked for one,
 * and who works off its queue.
 */
import { Embedders } from './embedding/embedders.ts'
import type { DownloadProgress } from './embedding/transformers-worker.ts'
import { Drainer, type DrainerOptions } from './evolve/drainer.ts'
import type { Ready } from './evolve/opening.ts'
import type { Progress, Surroundings } from './evolve/surroundings.ts'
import type { Principal } from './model/access.ts'
import { BOOTSTRAP_ID } from './model/memory.ts'
import { isInstant, type Space } from './model/space.ts'
import { isDemanded } from './store/embedding-demand.ts'
import type { Engine } from './store/engine.ts'
import { spacesOf } from './store/spaces.ts'
import type { Pause } from './store/waiting.ts'

interface EmbedderOptions {
  /** The folder of the models that ship with Heirloom, where it is not the package's own. */
  readonly models?: string
}

interface EmbeddingOptions extends EmbedderOptions {
  /** As the caller names what makes the first space. */
  readonly embedder?: string
  readonly upgrade?: 'wait' | 'background' | 'never'
  readonly principal: Pick<Principal, 'tenant_id'>
  readonly around: Surroundings
  readonly random: () => number
  readonly pause: Pause
  readonly after: DrainerOptions['after']
}

export interface Embeddings extends AsyncDisposable {
  readonly embedders: Embedders
  /** Null where the store is only read. */
  readonly drainer: Drainer | null
}

export function embeddersOf(
  { models }: EmbedderOptions,
  { random, pause }: { readonly random: () => number; readonly pause: Pause },
): Embedders {
  const surroundings = {
    environment: process.env,
    random,
    pause,
    ...(models === undefined ? {} : { models }),
  }
  return new Embedders({
    open: async (spec, { allowDownload = false, progress, signal } = {}) => {
      const { openEmbedder } = await import('./embedding/open.ts')
      const given = { allowDownload, onDownload: toProgress(progress), signal }
      return openEmbedder(spec, { ...surroundings, ...given })
    },
    elapsed: () => performance.now(),
  })
}

/** @throws INVALID_INPUT where it names nothing that could make vectors. */
export async function mustBeEmbedder(text: string): Promise<void> {
  const { parseEmbedder } = await import('./embedding/spec.ts')
  parseEmbedder(text)
}

/**
 * Makes the first space where the store never had one, waiting for no server longer than a moment, and embeds what was
 * there before, where that takes seconds rather than hours.
 * @throws INVALID_INPUT where what is to make the first space cannot be understood.
 */
export async function openEmbeddings(
  engine: Engine,
  { stamps }: Pick<Ready, 'stamps'>,
  options: EmbeddingOptions,
): Promise<Embeddings> {
  const { principal, around, after, upgrade, embedder = 'static' } = options
  const embedders = embeddersOf(options, options)
  if (upgrade === 'never')
    return { embedders, drainer: null, [Symbol.asyncDispose]: () => embedders[Symbol.asyncDispose]() }
  const surroundings = around
  const drainer = new Drainer({ engine, embedders, principal, stamps, surroundings, after })
  const spaces = await engine.read(db => spacesOf(db, engine, principal.tenant_id))
  const tries =
    spaces.length === 0
      ? await tryFirstSpace(engine, { embedders, drainer }, { embedder, around, after })
      : null
  if (upgrade === 'background') drainer.kick()
  else await embedDemanded(engine, drainer, around)
  return {
    embedders,
    drainer,
    [Symbol.asyncDispose]: async () => {
      await tries?.[Symbol.asyncDispose]()
      await drainer.close()
      await embedders[Symbol.asyncDispose]()
    },
  }
}

async function tryFirstSpace(
  engine: Engine,
  { embedders, drainer }: { readonly embedders: Embedders; readonly drainer: Drainer },
  { embedder, around, after }: Pick<EmbeddingOptions, 'around' | 'after'> & { readonly embedder: string },
): Promise<AsyncDisposable> {
  const { FirstSpaceTries } = await import('./evolve/first-space-tries.ts')
  const tries = new FirstSpaceTries(engine, {
    embedder,
    after,
    open: (spec, options) => embedders.open(spec, options),
    surroundings: around,
    note: problem => drainer.note(problem),
    made: () => drainer.kick(),
  })
  await tries.begin()
  return tries
}

async function embedDemanded(engine: Engine, drainer: Drainer, { progress }: Surroundings): Promise<void> {
  const demanded = await engine.read(async db => {
    const found: Space[] = []
    for (const space of await spacesOf(db, engine, BOOTSTRAP_ID))
      if (isInstant(space.provider) && (await isDemanded(db, space.number))) found.push(space)
    return found
  })
  for (const space of demanded) {
    // What keeps it from being done is told by `status` and by recall's notices.
    await drainer.drain({ progress }, [space]).catch(() => undefined)
  }
}

function toProgress(report: ((progress: Progress) => void) | undefined) {
  return ({ file, bytes, total }: DownloadProgress) =>
    report?.({ item: `fetching ${file}`, done: bytes, total })
}
