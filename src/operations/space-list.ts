import * as z from 'zod'
import { type Context, defineOperation } from './operation.ts'
import { spaceNotices, spaceState, stateOf } from './space-view.ts'

export const spaceList = defineOperation({
  name: 'space_list',
  summary: 'List the embedding spaces, and how far each is filled.',
  example: 'space list',
  effects: 'read',
  idempotent: true,
  scope: 'read',
  positional: [],
  opens: 'existing',
  input: z.object({}),
  output: z.object({ spaces: z.array(spaceState), notices: z.array(z.string()) }),
  run: async (_input, { store, principal, drainer, now, signal }) =>
    store.read(
      principal,
      async tx => {
        const spaces = []
        for (const space of await tx.spaces.all()) spaces.push(await stateOf(tx, space, now()))
        const notices = spaces.flatMap(spaceNotices)
        if (!spaces.some(({ is_default }) => is_default)) notices.push(noDefault(drainer))
        return { spaces, notices }
      },
      signal,
    ),
})

/** That there is none, and why where nobody chose it so. */
export function noDefault(drainer: Context['drainer']): string {
  if (drainer?.problem) return `Recall goes by words alone: ${drainer.problem}`
  return 'Recall goes by words alone: no space is the default. Add one: heirloom space add static, or choose one: heirloom space default <name>'
}
