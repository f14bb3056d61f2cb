/** The arguments that several operations take, each with its limits and one line of help. */
import * as z from 'zod'
import { isUuid } from '../model/id.ts'
import { STATUSES } from '../model/lifecycle.ts'
import { KIND_PATTERN, LIMITS, TRUSTS } from '../model/memory.ts'
import { parseSlot, slotKey } from '../model/slot.ts'

/** Text that every engine can keep: no NUL, no half of a surrogate pair. */
export function text(limit: number) {
  return z
    .string()
    .max(limit, `at most ${limit} characters`)
    .refine(value => !value.includes('\0'), 'a NUL character cannot be stored; remove it')
    .refine(value => value.isWellFormed(), 'it holds half of a surrogate pair; send valid Unicode')
}

export const filled = (limit: number) => text(limit).refine(value => value.trim() !== '', 'must not be empty')

export const content = filled(LIMITS.contentBytes * 2)
  .refine(
    value => Buffer.byteLength(value) <= LIMITS.contentBytes,
    `longer than ${LIMITS.contentBytes / 1024} KiB; save it as a file and ingest it: heirloom ingest <file>`,
  )
  .describe('What to remember, in plain words.')

export const id = z
  .string()
  .trim()
  .toLowerCase()
  .refine(
    isUuid,
    'not an id; an id looks like 0198c0de-0000-7000-8000-000000000000. Find ids with: heirloom list',
  )
  .describe('The id of a memory.')

const DATE = /^(\d{4})-(\d\d)-(\d\d)(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?$/

/** A date or time, given as ISO 8601, kept as UTC with milliseconds. Without an offset it is UTC. */
export const time = z
  .string()
  .trim()
  .transform((value, ctx): string => {
    const parsed = toUtc(value)
    if (parsed !== null) return parsed
    ctx.addIssue({
      code: 'custom',
      message: `"${value.slice(0, 40).toWellFormed()}" is not a date; write 2026-03-31 or 2026-03-31T14:00:00Z`,
    })
    return z.NEVER
  })

function toUtc(value: string): string | null {
  const match = DATE.exec(value)
  if (match === null) return null
  const [, year, month, day, clock, , , offset] = match
  const milliseconds = Date.parse(clock === undefined || offset !== undefined ? value : `${value}Z`)
  if (Number.isNaN(milliseconds)) return null
  // JavaScript takes 30 February for 2 March.
  const days = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate()
  if (Number(day) > days) return null
  const utc = new Date(milliseconds).toISOString()
  // An offset may lead out of the years that every engine can keep.
  return /^(?!0000)\d{4}-/.test(utc) ? utc : null
}

export const kind = z
  .string()
  .regex(KIND_PATTERN, 'a kind is 1 to 32 of a-z, 0-9, _ and -, beginning with a letter, such as "decision"')
  .describe(
    'fact, preference, decision, convention, procedure, gotcha, episode, reference, or a word of your own.',
  )

const tag = text(LIMITS.tag)
  .transform(value => value.normalize('NFKC').trim().toLowerCase())
  .refine(
    value => value !== '' && !/[\p{Cc}"\\,]/u.test(value),
    'a tag is a word or a few, without commas or quotes',
  )

/** The text as a tag, or null where it cannot be one. */
export function tagOf(said: string): string | null {
  const parsed = tag.safeParse(said)
  return parsed.success ? parsed.data : null
}

const unique = <T>(values: T[]) => [...new Set(values)]

/** Lists also come as one string with commas. */
export const listOf = <T extends z.ZodType>(item: T) =>
  z.preprocess(
    value =>
      typeof value === 'string'
        ? value
            .split(',')
            .map(part => part.trim())
            .filter(part => part !== '')
        : value,
    z.array(item),
  )

export const tags = listOf(tag)
  .transform(unique)
  .refine(values => values.length <= LIMITS.tags, `at most ${LIMITS.tags} tags`)
  .describe('Lower-case words to group by.')

const topics = listOf(filled(LIMITS.topic))
  .transform(unique)
  .refine(values => values.length <= LIMITS.topics, `at most ${LIMITS.topics} topics`)
  .describe('What it is about.')

const kinds = listOf(kind).describe('Only these kinds.')
const statuses = listOf(z.enum(STATUSES)).describe('Only memories in these states; active by default.')
const trust = z.enum(TRUSTS).describe('The least trust wanted; untrusted includes what waits in quarantine.')

export const project = filled(LIMITS.name).describe('Name or alias of a project; made when first used.')
export const codebase = filled(LIMITS.name).describe('The repository it belongs to.')
export const file = filled(LIMITS.path).describe('The file it is about.')
export const name = filled(LIMITS.name)
const title = filled(LIMITS.title).describe('A short heading.')
const author = filled(LIMITS.name).describe('Who said or wrote it.')
export const prompt = filled(256 * 1024).describe('What is asked, as it stands.')
export const session = filled(LIMITS.name).describe('The session it was captured in.')
export const client = filled(LIMITS.name).describe('The program it was captured by.')
export const note = text(LIMITS.note).describe('Why, for the journal.')
const confidence = z.number().min(0).max(1).describe('How sure, from 0 to 1.')
export const limit = z
  .int()
  .min(1)
  .max(LIMITS.results)
  .describe(`How many results, at most ${LIMITS.results}.`)
export const cursor = text(1000).describe('Where the last page ended, as that page said.')
export const idempotencyKey = filled(LIMITS.idempotencyKey).describe(
  'The same key within a day gives the first answer again.',
)

/** Of an answer: what takes the change back. */
export const receiptOut = z
  .string()
  .nullable()
  .describe('Takes it back: heirloom undo <receipt>. Null where nothing was changed.')

export const snapshot = filled(LIMITS.name).describe(
  'The id of a snapshot, such as 20260131-120000-0badcafe.',
)
export const snapshotFolder = filled(LIMITS.path).describe(
  'The folder of the snapshots, where it is not the one beside the store.',
)

const slotPart = filled(LIMITS.slotPart)
const slotName = slotPart.refine(value => slotKey(value) !== '', 'there is nothing in it to go by')

/** A claim, as an object or as `parseSlot` reads it. */
const slot = z
  .preprocess(
    (value, ctx) => {
      if (typeof value !== 'string') return value
      const parsed = parseSlot(value)
      if (!('problem' in parsed)) return parsed
      ctx.addIssue({ code: 'custom', message: parsed.problem })
      return z.NEVER
    },
    z.object(
      { subject: slotName, attribute: slotName, value: slotPart },
      'write it as subject.attribute=value, such as gateway.port=8080',
    ),
  )
  .describe('What it claims, as subject.attribute=value.')

const metadata = z
  .preprocess(
    value => {
      if (typeof value !== 'string') return value
      try {
        return JSON.parse(value) as unknown
      } catch {
        return value
      }
    },
    z.record(z.string(), z.json(), 'a JSON object, such as {"ticket": 12}'),
  )
  .refine(
    value => Buffer.byteLength(JSON.stringify(value)) <= LIMITS.metadataBytes,
    `at most ${LIMITS.metadataBytes / 1024} KiB of JSON`,
  )
  .refine(value => {
    const json = JSON.stringify(value)
    // An escape that is itself escaped is text about escapes.
    return !/(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/i.test(json)
  }, 'it holds a NUL character or half of a surrogate pair')
  .describe('Anything else, as a JSON object.')

/** Names that become others, written `from=to`; nothing behind the sign is none. */
export const mapping = listOf(
  filled(LIMITS.name * 2).refine(pair => pair.indexOf('=') > 0, 'write it as namespace=project'),
)
  .transform(
    pairs =>
      new Map(
        pairs.map(pair => {
          const at = pair.lastIndexOf('=')
          return [pair.slice(0, at).trim(), pair.slice(at + 1).trim() || null] as const
        }),
      ),
  )
  .describe('Which project a namespace becomes: namespace=project; nothing behind the sign is no project.')

/** What may be said of a memory besides its text, when it is remembered and when it is revised. */
export const described = {
  kind: kind.optional(),
  title: title.optional(),
  tags: tags.optional(),
  project: project.optional(),
  codebase: codebase.optional(),
  file: file.optional(),
  topics: topics.optional(),
  author: author.optional(),
  slot: slot.optional(),
  confidence: confidence.optional(),
  valid_from: time.optional().describe('From when on it is true.'),
  valid_until: time.optional().describe('Until when it is true; it leaves recall by itself then.'),
  metadata: metadata.optional(),
}

/** The fields by which memories are narrowed, in every operation that finds some. */
export const filters = {
  project: project.optional().describe('Only memories of this project, by its name or an alias.'),
  kind: kinds.optional(),
  tags: tags.optional().describe('Only memories with all of these tags.'),
  topics: topics.optional().describe('Only memories with all of these topics.'),
  codebase: codebase.optional(),
  file: file.optional(),
  author: author.optional().describe('Only what this person said or wrote, as written there.'),
  session_id: session.optional(),
  client_id: client.optional(),
  document_id: id.optional().describe('Only passages of this document.'),
  status: statuses.optional(),
  trust: trust.optional(),
  min_confidence: confidence.optional().describe('Only memories that are at least this sure, from 0 to 1.'),
  slot_subject: slotPart.optional().describe('Only memories that claim something about this subject.'),
  slot_attribute: slotPart.optional().describe('Only memories that claim this attribute.'),
  slot_value: slotPart.optional().describe('Only memories that claim this value.'),
  title: title.optional().describe('Only memories with just this title.'),
  label: text(LIMITS.path).optional().describe('Only passages with this label: a turn id or a heading path.'),
  origin_id: name.optional().describe('Only what had this id in the store it was imported from.'),
  min_revision: z.int().min(1).optional().describe('Only memories that reached this revision.'),
  min_references: z.int().min(0).optional().describe('Only memories that were looked up this often.'),
  recorded_after: time.optional().describe('Only what was recorded at or after this time.'),
  recorded_before: time.optional().describe('Only what was recorded before this time.'),
}
