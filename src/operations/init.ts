import * as z from 'zod'
import { defineOperation } from './operation.ts'

const output = z.object({
  store: z.string(),
  engine: z.string(),
  schema_version: z.int(),
  created: z.boolean(),
})

export const init = defineOperation({
  name: 'init',
  summary: 'Make the store, or say that it is there already.',
  example: 'init --store postgres://localhost/team?schema=heirloom',
  effects: 'write',
  idempotent: true,
  scope: 'admin',
  positional: [],
  opens: 'create',
  input: z.object({}),
  output,
  run: (_input, { store, principal, created, signal }) =>
    store.read(
      principal,
      async tx => ({
        store: store.engine.location,
        engine: store.engine.name,
        schema_version: await tx.settings.schemaVersion(),
        created,
      }),
      signal,
    ),
})
