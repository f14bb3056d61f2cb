import * as z from 'zod'
import { HeirloomError } from '../model/errors.ts'
import type { Space } from '../model/space.ts'
import { hurryWork } from '../store/embedding-work.ts'
import type { ReadHandle } from '../store/store.ts'
import { type Context, defineOperation } from './operation.ts'
import { spaceNotices, spaceState, stateOf } from './space-view.ts'

const input = z.object({
  drain: z.boolean().optional().describe('Embed all that waits, now.'),
  retry: z.boolean().optional().describe('Also what failed too often and was set aside.'),
  space: z.string().min(1).max(64).optional().describe('Only into this one.'),
})

type Input = z.output<typeof input>

export const embed = defineOperation({
  name: 'embed',
  summary: 'Say what waits to be embedded, or embed it now.',
  example: 'embed --drain',
  effects: 'write',
  idempotent: true,
  scope: 'write',
  positional: [],
  opens: 'existing',
  input,
  output: z.object({
    embedded: z.int(),
    failed: z.int(),
    spaces: z.array(spaceState),
    notices: z.array(z.string()),
  }),
  run: async (input, context) => {
    const { store, principal, now, signal } = context
    const done = input.drain || input.retry ? await drain(input, context) : { embedded: 0, failed: 0 }
    return store.read(
      principal,
      async tx => {
        const spaces = []
        for (const space of await spacesIn(tx, input)) spaces.push(await stateOf(tx, space, now()))
        return { ...done, spaces, notices: spaces.flatMap(spaceNotices) }
      },
      signal,
    )
  },
})

async function drain(input: Input, context: Context) {
  const { store, principal, signal, progress, drainer, embedders } = context
  if (drainer === null)
    throw new HeirloomError('STORE_READ_ONLY', 'embed: the store is open for reading alone.')
  const spaces = await store.read(principal, tx => spacesIn(tx, input), signal)
  embedders.retry()
  // Whoever asks for it does not wait until what failed is due.
  const setAside = input.retry ?? false
  for (const { number: space } of spaces)
    await store.engine.write(db => hurryWork(db, { space, setAside }), signal)
  return drainer.drain({ signal, progress }, spaces)
}

/** @throws NOT_FOUND */
async function spacesIn({ spaces }: ReadHandle, { space: name }: Input): Promise<Space[]> {
  return name === undefined ? spaces.all() : [await spaces.mustFind(name)]
}
