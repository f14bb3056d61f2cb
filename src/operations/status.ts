import * as z from 'zod'
import { ANALYSER_VERSION } from '../model/analysis.ts'
import { defineOperation } from './operation.ts'

const output = z.object({
  store: z.string(),
  engine: z.string(),
  engine_version: z.string(),
  schema_version: z.int(),
  memories: z.object({ total: z.int(), by_status: z.record(z.string(), z.int()) }),
  documents: z.int(),
  projects: z.int(),
  bytes: z.int().nullable(),
  artefacts: z.array(z.object({ name: z.string(), version: z.int(), needs_rebuild: z.boolean() })),
  notices: z.array(z.string()),
})

export const status = defineOperation({
  name: 'status',
  summary: 'Say which store is open, how much it holds and whether anything is amiss.',
  example: 'status',
  effects: 'read',
  idempotent: true,
  scope: 'read',
  positional: [],
  opens: 'existing',
  input: z.object({}),
  output,
  run: async (_input, { store, principal, signal }) => {
    const { engine } = store
    const report = await engine.inspect({ deep: false })
    return store.read(
      principal,
      async tx => {
        const by_status = await tx.memories.countByStatus()
        const artefacts = await tx.settings.artefacts()
        return {
          store: engine.location,
          engine: engine.name,
          engine_version: report.version,
          schema_version: await tx.settings.schemaVersion(),
          memories: { total: Object.values(by_status).reduce((sum, count) => sum + count, 0), by_status },
          documents: await tx.documents.count(),
          projects: (await tx.projects.names()).length,
          bytes: report.bytes,
          artefacts: artefacts.map(found => ({ ...found, needs_rebuild: found.needs_rebuild !== 0 })),
          notices: [...report.problems, ...artefacts.flatMap(analyserNotice)],
        }
      },
      signal,
    )
  },
})

function analyserNotice(artefact: { name: string; version: number }): string[] {
  if (artefact.name !== 'keyword' || artefact.version === ANALYSER_VERSION) return []
  return [
    `The keyword index was made by analyser ${artefact.version}; this build has ${ANALYSER_VERSION}, so recall may miss words.`,
  ]
}
