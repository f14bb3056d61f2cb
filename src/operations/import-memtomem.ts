import { resolve } from 'node:path'
import * as z from 'zod'
import { openMemtomem } from '../ingest/importers/memtomem.ts'
import { MEMTOMEM_LINKS } from '../ingest/importers/memtomem-links.ts'
import * as fields from './fields.ts'
import { Import, importReport } from './importing.ts'
import { defineOperation } from './operation.ts'

export const importMemtomem = defineOperation({
  name: 'import_memtomem',
  summary: 'Take over the memories of memtomem, from its database or an exported bundle, with their links.',
  example: 'import memtomem ~/.memtomem/memtomem.db --plan',
  effects: 'write',
  idempotent: true,
  scope: 'write',
  positional: ['path'],
  opens: 'create',
  input: z.object({
    path: fields.file.describe('Its database (memtomem.db), or a bundle in JSON.'),
    map: fields.mapping.optional(),
    plan: z.boolean().optional().describe('Say what would be kept, and keep nothing.'),
    third_party: z
      .boolean()
      .optional()
      .describe('They are somebody else’s texts: keep them in quarantine until reviewed.'),
    candidates: z
      .boolean()
      .optional()
      .describe('Only propose them: they wait until a person has reviewed them.'),
    note: fields.note.optional(),
  }),
  output: importReport,
  run: async ({ path, ...options }, context) => {
    using foreign = openMemtomem(resolve(path))
    const run = new Import(foreign, { context, links: MEMTOMEM_LINKS, tool: 'memtomem', ...options })
    // Awaited here, for the store is closed on the way out.
    return await (options.plan ? run.look() : run.carryOut())
  },
})
