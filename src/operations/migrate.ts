import * as z from 'zod'
import { defineOperation } from './operation.ts'

const input = z.object({
  plan: z.boolean().optional().describe('Only show the steps with their SQL; nothing is written.'),
  on_copy: z.boolean().optional().describe('Only try it on a copy, which is thrown away.'),
  to: z.int().min(1).optional().describe('The schema version to stop at; the newest by default.'),
})

const step = z.object({
  version: z.int(),
  name: z.string(),
  summary: z.string(),
  strategy: z.enum(['inPlace', 'rebuild']),
  floor: z.int().describe('The oldest schema version whose build may open the store afterwards.'),
  sql: z.string().optional().describe('Only with `plan`.'),
  seconds: z.number().nullable().describe('Null where it did not run.'),
})

const output = z.object({
  store: z.string(),
  engine: z.enum(['sqlite', 'postgres']),
  from: z.int().describe('0 for tables without a version.'),
  to: z.int(),
  steps: z.array(step),
  applied: z.boolean().describe('Whether the store itself was changed.'),
  rehearsal: z.boolean().describe('Whether the steps ran on a copy.'),
  snapshot: z.object({ id: z.string(), folder: z.string() }).nullable(),
  digest: z
    .object({ before: z.string().nullable(), after: z.string() })
    .nullable()
    .describe('Of what is known; `before` is null for tables without a version.'),
  memories: z.int().nullable(),
  rebuilt: z.array(z.string()).describe('Derived parts that are made again.'),
  receipt: z.string().nullable().describe('The run that keeps it.'),
  notices: z.array(z.string()),
})

export type Wish = z.output<typeof input>
export type Migrated = z.output<typeof output>

export const migrate = defineOperation({
  name: 'migrate',
  summary: 'Move the store to the schema of this build, after a snapshot; or show or rehearse it first.',
  example: 'migrate --plan',
  effects: 'write',
  idempotent: true,
  scope: 'admin',
  positional: [],
  opens: 'nothing',
  input,
  output,
  run: async (input, context) => (await import('./migration.ts')).migrateStore(input, context),
})
