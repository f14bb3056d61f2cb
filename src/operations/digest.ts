import * as z from 'zod'
import { DIGESTED } from '../store/digest/tables.ts'
import { defineOperation } from './operation.ts'

const NAMES = DIGESTED.map(({ name }) => name)

const tableDigest = z.object({
  rows: z.int(),
  state: z.string().nullable().describe('Null for tables that only the full digest covers.'),
  full: z.string(),
})

const output = z.object({
  digest: z.string().describe('Of what is known: use and the journal do not change it.'),
  full: z.string().describe('Of that, of use and of the journal.'),
  tables: z.record(z.string(), tableDigest),
})

export const digest = defineOperation({
  name: 'digest',
  summary: 'Give one hash of all that the store holds, the same on each engine, to compare two stores.',
  example: 'digest',
  effects: 'read',
  idempotent: true,
  scope: 'read',
  positional: [],
  opens: 'existing',
  input: z.object({
    table: z.enum(NAMES).optional().describe('Read this table only, as if the others were empty.'),
  }),
  output,
  run: async ({ table }, { store, principal, signal }) => {
    const only = table === undefined ? undefined : [table]
    const found = await store.read(principal, tx => tx.digest({ signal, only }), signal)
    const tables = Object.entries(found.tables).filter(([name]) => table === undefined || name === table)
    return { digest: found.state, full: found.full, tables: Object.fromEntries(tables) }
  },
})
