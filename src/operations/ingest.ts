import { resolve } from 'node:path'
import * as z from 'zod'
import { sha256 } from '../model/digest.ts'
import { HeirloomError } from '../model/errors.ts'
import * as fields from './fields.ts'
import { type Context, claimFor, defineOperation, stampFor } from './operation.ts'

const ingestInput = z.object({
  paths: z
    .preprocess(value => (typeof value === 'string' ? [value] : value), z.array(fields.file).max(1000))
    .optional()
    .describe('Files and folders; a folder with all that is in it.'),
  text: z.string().optional().describe('The text itself, instead of a path.'),
  name: fields.name
    .optional()
    .describe(
      'What the text is called: the same name is the same document, and its ending tells its form, such as notes.md.',
    ),
  project: fields.project.optional(),
  codebase: fields.codebase.optional(),
  kind: fields.kind.optional().describe('The kind of every passage; passage by default.'),
  tags: fields.tags.optional(),
  third_party: z
    .boolean()
    .optional()
    .describe(
      'It is somebody else’s text: keep it in quarantine until reviewed. Reading it again does not lift this.',
    ),
  note: fields.note.optional(),
  idempotency_key: fields.idempotencyKey.optional(),
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
  input: ingestInput,
  output,
  run: async (input, context) => {
    const { paths = [], text } = input
    if ((paths.length === 0) === (text === undefined)) {
      throw new HeirloomError('INVALID_INPUT', 'ingest: name files or folders, or give a text with its name.')
    }
    const wanted = claimFor('ingest', input)
    const { store, principal } = context
    const earlier =
      wanted && (await store.earlierAnswer<z.infer<typeof output>>(principal, context.now(), wanted))
    if (earlier) return earlier.answer
    const report = await readAll(input, context)
    if (wanted === undefined) return report
    return store.write(principal, stampFor(context, 'ingest'), async () => report, { idempotency: wanted })
  },
})

async function readAll(
  input: z.output<typeof ingestInput>,
  context: Context,
): Promise<z.infer<typeof output>> {
  // The parsers would double the time that every other command takes to start.
  const { Ingestion } = await import('./ingestion.ts')
  const { paths = [], text, name } = input
  const ingestion = new Ingestion(input, context)
  if (text !== undefined) await ingestion.takeText(name ?? nameOf(text), text)
  else await ingestion.takePaths(paths.map(path => resolve(path)))
  return ingestion.report()
}

/** Two texts without a name are two documents; the same text again is the same one. */
function nameOf(text: string): string {
  return `text-${sha256(text).slice(0, 12)}.txt`
}
