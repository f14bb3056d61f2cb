/** What each tool answers: compact, for a model to read; the next step where there is nothing. */
import type { z } from 'zod'
import { headOf as headOfItem } from '../../operations/context-text.ts'
import { type Envelope, isEmpty } from '../../operations/envelope.ts'
import type { Operations } from '../../operations/index.ts'
import { type Answer, RESULT_LIMIT } from './answer.ts'
import { headOf, memoryItem, recalledItem } from './memories.ts'

export interface Question {
  readonly envelope: Envelope
  /** The first character of a long text to show. */
  readonly from: number
}

export type Answers = {
  readonly [Name in
    | 'remember'
    | 'recall'
    | 'context'
    | 'conflicts'
    | 'get'
    | 'revise'
    | 'forget'
    | 'status'
    | 'share'
    | 'lineage'
    | 'history'
    | 'list']: (output: z.output<Operations[Name]['output']>, question: Question) => Answer
}

export const ANSWERS: Answers = {
  remember: (output, { envelope }) => {
    const { id, kind, project, trust, status, near_duplicates: near } = output
    const about = `kind ${kind}, ${project === null ? 'no project' : `project ${JSON.stringify(project)}`}, trust ${trust}, ${status}`
    const alike =
      near.length === 0
        ? ''
        : ` Similar to ${near.length} already there: if one says the same or is out of date, revise or forget it.`
    return {
      heading: `${rememberedAs(output, `${id} (${about})`)}${alike}${undoable(output.receipt)}`,
      items: [
        ...near.map(twin => ({
          whole: envelope.wrap({ id: twin.id, similarity: Number(twin.similarity.toFixed(2)) }, twin.content),
          brief: envelope.brief(
            { id: twin.id, similarity: Number(twin.similarity.toFixed(2)) },
            'long; get shows it',
          ),
          id: twin.id,
        })),
        ...(output.conflict?.members ?? []).map(({ id: member, kind: of, trust: how, value }) => ({
          whole: envelope.wrap({ claims: of, id: member, trust: how }, value),
          id: member,
        })),
      ],
      forMore: () => 'Read one with get.',
      notices: output.notices,
    }
  },
  recall: ({ results, notices }, { envelope }) => ({
    heading:
      results.length === 0 ? 'Nothing is remembered about this.' : `${results.length} found, best first.`,
    items: results.map(found => recalledItem(found, envelope)),
    forMore: () => 'Read one with get, or ask more narrowly.',
    notices,
  }),
  context: (output, question) => answerContext(output, question),
  conflicts: (output, question) => answerConflicts(output, question),
  get: (output, question) => answerGet(output, question),
  revise: ({ id, outcome, revision, status, notices, receipt }) => ({
    heading:
      outcome === 'revised'
        ? `Revised ${id}: now revision ${revision}, ${status}. history shows what it said before.${undoable(receipt)}`
        : `Unchanged: ${id}, revision ${revision}, ${status}.`,
    notices,
  }),
  forget: ({ id, status, was, notices, receipt }) => ({
    heading: `Forgotten: ${id} is ${status} now (it was ${was}), and recall no longer finds it. To bring it back: admin with operation "restore".${undoable(receipt)}`,
    notices,
  }),
  status: output => ({
    heading: `${output.store}: ${output.memories.total} memories (${counts(output.memories.by_status)}), ${output.documents} documents, ${output.projects} projects; ${output.engine} ${output.engine_version}, schema ${output.schema_version}${output.bytes === null ? '' : `, ${output.bytes} bytes`}.`,
    notices:
      output.memories.total === 0
        ? ['Empty so far; remember keeps the first memory.', ...output.notices]
        : output.notices,
  }),
  share: ({ id, source, outcome, project, store, notices }, { envelope }) => ({
    heading: `${outcome === 'shared' ? 'Shared' : 'Shared already'}: ${id} is the copy of ${source}.`,
    items: [{ whole: envelope.brief({ id, project, store }, 'the copy') }],
    notices,
  }),
  lineage: (output, question) => answerLineage(output, question),
  history: (output, question) => answerHistory(output, question),
  list: (output, { envelope }) => ({
    heading: `${output.results.length} of ${output.total}${output.total_is_capped ? ' or more' : ''}, newest first.`,
    items: output.results.map(memory => memoryItem(memory, envelope)),
    order: 'page',
    cursor: output.cursor,
    forMore: shown => `Ask again with limit ${Math.max(shown, 1)} for pages that fit.`,
    notices: [
      ...output.notices,
      ...(output.results.length === 0
        ? ['Nothing matches. Try fewer filters; remember keeps new memories.']
        : []),
    ],
  }),
}

function counts(byStatus: Readonly<Record<string, number>>): string {
  const shown = Object.entries(byStatus).map(([status, count]) => `${count} ${status}`)
  return shown.join(', ') || 'none'
}

/** The text is in its envelope already; where it is longer than an answer may be, its items are chosen again. */
function answerContext(output: z.output<Operations['context']['output']>, { envelope }: Question): Answer {
  const { pack, text, items, tokens, budget, notices } = output
  return {
    heading: `Pack ${pack}: ${items.length} items, ${tokens} of ${budget} tokens. When the task is done, keep it: admin with operation "capture", arguments {"prompt", "response", "pack"}.`,
    text,
    items: items.map(item => ({
      whole: envelope.wrap(headOfItem(item), item.content),
      ...(item.record === 'memory' ? { id: item.id } : {}),
    })),
    forMore: () => 'Ask with a smaller budget, or read one with get.',
    notices,
  }
}

function answerConflicts(
  output: z.output<Operations['conflicts']['output']>,
  { envelope }: Question,
): Answer {
  const { conflicts, cursor, notices } = output
  return {
    heading:
      conflicts.length === 0
        ? 'No conflicts.'
        : `${conflicts.length} conflicts, newest first. admin with operation "conflict" shows one side by side, "resolve" settles it.`,
    items: conflicts.map(({ id, slot, project, status, resolution, detected_at, members, members_total }) => {
      const head = {
        id,
        slot: `${slot.subject}.${slot.attribute}`,
        project,
        status,
        resolution,
        since: detected_at,
      }
      const values = members.map(({ kind, id, value, trust }) => `${value} (${kind} ${id}, ${trust})`)
      const more = members_total - values.length
      return {
        whole: envelope.wrap(head, [...values, ...(more > 0 ? [`and ${more} more`] : [])].join('\n')),
        brief: envelope.brief(head, 'long; conflict shows it'),
        id,
      }
    }),
    order: 'page',
    cursor,
    forMore: shown => `Ask again with limit ${Math.max(shown, 1)} for pages that fit.`,
    notices,
  }
}

function answerGet(
  { revisions, notices = [], ...memory }: z.output<Operations['get']['output']>,
  { envelope, from }: Question,
): Answer {
  const head = headOf(memory)
  const room = RESULT_LIMIT - 2_500 - envelope.head(head).length
  const { text, end } = slice(memory.content, from, room)
  const isPart = text.length < memory.content.length
  return {
    heading: `Memory ${memory.id}${isPart ? `, characters ${from} to ${end} of ${memory.content.length}` : ''}.`,
    items: [
      { whole: envelope.wrap(isPart ? { ...head, from } : head, text), id: memory.id },
      ...(revisions ?? [])
        .toReversed()
        .map(version => ({ ...memoryItem(version, envelope), id: version.updated_at })),
    ],
    forMore: () => 'Earlier versions: get with as_of, a time from the list.',
    notices: [
      ...(end < memory.content.length ? [`For the rest: get with id ${memory.id} and from ${end}.`] : []),
      ...notices,
    ],
  }
}

/** Characters from a place on, without cutting a pair of surrogates. Marks that are broken take room, too. */
function slice(text: string, from: number, room: number): { text: string; end: number } {
  const start = Math.min(Math.max(from, 0), text.length)
  const length = text.slice(start, start + room).match(/</g)?.length ?? 0
  let end = Math.min(start + room - 3 * length, text.length)
  if (end < text.length && /[\uD800-\uDBFF]/.test(text[end - 1] ?? '')) end -= 1
  return { text: text.slice(start, end), end }
}

/** Each memory with the links that lead to it; the text of each is left to get. */
function answerLineage(output: z.output<Operations['lineage']['output']>, { envelope }: Question): Answer {
  const { id, nodes, edges, notices } = output
  const sources = Map.groupBy(edges, ({ target }) => target)
  const items = nodes.map(({ id, state, distance, kind, project, label, summary }) => {
    const from = (sources.get(id) ?? []).map(({ type, source }) => `${type} ${source}`).join(', ')
    const head = { id, state, distance, kind, project, label, from }
    return { whole: envelope.wrap(head, summary ?? ''), id }
  })
  return {
    heading: `Lineage of ${id}: ${nodes.length} memories, ${edges.length} links. Distance below 0: what it came from; above 0: what came of it.`,
    items,
    forMore: () => 'Ask again with a smaller depth, or for one of those shown.',
    notices,
  }
}

function answerHistory(output: z.output<Operations['history']['output']>, { envelope }: Question): Answer {
  const changes = output.entries.toReversed().map(entry => {
    const { sequence, at, operation, actor_kind, client, session, note } = entry
    return {
      whole: envelope.brief(
        { entry: sequence, at, operation, by: actor_kind, client, session, note },
        'a change',
      ),
    }
  })
  const versions = output.versions
    .toReversed()
    .map(version => ({ ...memoryItem(version, envelope), id: version.updated_at }))
  return {
    heading: `The ${output.subject} ${output.id} is ${output.status}: ${versions.length} versions and ${changes.length} changes, newest first.`,
    items: [...versions, ...changes],
    forMore: () =>
      'Versions: get with as_of, a time from the list. Changes: admin with operation "journal" and subject_id.',
    notices: output.truncated ? ['There is more than was asked for; raise limit (at most 100).'] : [],
  }
}

/** Waiting for review is not the same as kept: an agent must not tell its user that it is. */
function rememberedAs({ outcome, status }: z.output<Operations['remember']['output']>, what: string): string {
  const waits = status === 'candidate'
  if (outcome === 'already_known') {
    return waits
      ? `Already proposed as ${what}; nothing was added. It is not saved yet: it waits for a person's review.`
      : `Already known as ${what}; nothing was added.`
  }
  return waits
    ? `Only proposed, not saved, as ${what}: recall leaves it out until a person has accepted it in review.`
    : `Remembered as ${what}.`
}

function undoable(receipt: string | null): string {
  return receipt === null ? '' : ` Receipt: ${receipt}.`
}

/** What is no text of anybody's: ids, words, numbers and dates. */
const PLAIN_FIELD = /^[\w.:+=-]+$/

/** An answer for an operation that has none of its own: its output as JSON, with one list as items. */
export function plainAnswer(output: Readonly<Record<string, unknown>>, { envelope }: Question): Answer {
  const listed = Object.entries(output).find(
    ([, value]) => Array.isArray(value) && typeof value[0] === 'object',
  )
  const { notices, cursor, ...rest } = output
  const head = Object.fromEntries(
    Object.entries(rest).filter(([name, value]) => name !== listed?.[0] && !isEmpty(value)),
  )
  const plain = Object.entries(head).map(([name, value]) => `${name}=${value}`)
  if (listed === undefined && plain.every(field => PLAIN_FIELD.test(field))) {
    return { heading: `Done: ${plain.join(' ') || 'there is nothing to show'}.`, notices: asNotices(notices) }
  }
  const items = Array.isArray(listed?.[1]) ? (listed[1] as unknown[]) : []
  return {
    heading: 'Done.',
    items: [
      ...(isEmpty(head) ? [] : [{ whole: envelope.wrap({}, JSON.stringify(head)) }]),
      ...items.map(item => ({
        whole: envelope.wrap({}, JSON.stringify(withoutEmpty(item))),
        brief: envelope.brief({}, 'too long to show'),
      })),
    ],
    order: 'page',
    forMore: shown => `Ask again with limit ${Math.max(shown - 1, 1)} for pages that fit.`,
    cursor: typeof cursor === 'string' ? cursor : null,
    notices: asNotices(notices),
  }
}

function asNotices(notices: unknown): readonly string[] {
  return Array.isArray(notices) ? (notices as string[]) : []
}

function withoutEmpty(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).filter(([, part]) => !isEmpty(part)))
}
