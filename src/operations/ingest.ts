import { resolve } from 'node:path'
import * as z from 'zod'
import { HeirloomError } from '../model/errors.ts'
import * as fields from './fields.ts'
import { defineOperation } from './operation.ts'

const input = z.object({
  paths: z
    .preprocess(value => (typeof value === 'string' ? [value] : value), z.array(fields.file).max(1000))
    .optional()
    .describe('Files and folders; a folder with all that is in it.'),
  text: z.string().optional().describe('The text itself, instead of a path.'),
  name: fields.name
    .optional()
    .describe('What the text is called; its ending tells its form, such as notes.md.'),
  project: fields.project.optional(),
  codebase: fields.codebase.optional(),
  kind: fields.kind.optional().describe('The kind of every passage; passage by default.'),
  tags: fields.tags.optional(),
  third_party: z
    .boolean()
    .optional()
    .describe('It is somebody else’s text: keep it in quarantine until reviewed.'),
  note: fields.note.optional(),
})

const problem = z.object({ path: z.string(), code: z.string(), message: z.string() })

const output = z.object({
  documents: z.int(),
  passages: z.int(),
  added: z.int(),
  unchanged: z.int(),
  revised: z.int(),
  superseded: z.int(),
  restored: z.int(),
  errors: z.array(problem),
  notices: z.array(z.string()),
})

export const ingest = defineOperation({
  name: 'ingest',
  summary: 'Read files, folders or conversations into memories, passage by passage; again only what changed.',
  example: 'ingest docs notes.md --project apollo',
  effects: 'write',
  idempotent: true,
  scope: 'write',
  positional: ['paths'],
  opens: 'create',
  input,
  output,
  run: async (input, context) => {
    const { paths = [], text, name } = input
    if ((paths.length === 0) === (text === undefined)) {
      throw new HeirloomError('INVALID_INPUT', 'ingest: name files or folders, or give a text with its name.')
    }
    // The parsers would double the time that every other command takes to start.
    const { Ingestion } = await import('./ingestion.ts')
    const ingestion = new Ingestion(input, context)
    if (text !== undefined) await ingestion.takeText(name ?? 'stdin.txt', text)
    else await ingestion.takePaths(paths.map(path => resolve(path)))
    return ingestion.report()
  },
})
