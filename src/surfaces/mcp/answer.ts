/** One answer to a tool call: a heading, items that are shown whole or by their head alone, and notices. */
import { type Envelope, toLine } from '../../operations/envelope.ts'

/** Hosts cut, spill or refuse what is longer. In characters. */
export const RESULT_LIMIT = 20_000

/** Kept free for what is said about what was left out. */
const RESERVE = 800
const SHOWN_NOTICES = 12
const SHOWN_IDS = 10

export interface Item {
  readonly whole: string
  /** The item without its text, where that still helps. */
  readonly brief?: string
  /** By what it can be asked for. */
  readonly id?: string
}

export interface Answer {
  readonly heading: string
  /** Text that is in an envelope already: shown as it is, above the heading, in the place of the items if it fits. */
  readonly text?: string
  readonly items?: readonly Item[]
  /** `best`: smaller items may follow one that does not fit. `page`: items end where the next page begins. */
  readonly order?: 'best' | 'page'
  readonly notices?: readonly string[]
  /** Where the next page begins; said only where this page is whole. */
  readonly cursor?: string | null
  /** What to do about items that did not fit. */
  readonly forMore?: (shown: number) => string
}

export interface Telling {
  readonly envelope: Envelope
  /** Notices about the call itself. */
  readonly notices: readonly string[]
  /** Says a remedy in terms of tools. Never used on stored text. */
  readonly forAgent: (remedy: string) => string
}

/** The answer as text of at most `RESULT_LIMIT` characters, with whole items only. */
export function toText(answer: Answer, { envelope, notices: more, forAgent }: Telling): string {
  const said = [...(answer.notices ?? []), ...more].slice(0, SHOWN_NOTICES)
  const notices = said.map(notice => `Note: ${toLine(forAgent(notice))}`)
  const heading = toLine(answer.heading, 2_000)
  if (answer.text !== undefined && [answer.text, heading, ...notices].join('\n').length <= RESULT_LIMIT)
    return [answer.text, heading, ...notices].join('\n')
  const items = answer.items ?? []
  const rule = items.length > 0 ? [envelope.rule] : []
  const fixed = [heading, ...rule, ...notices].join('\n').length
  const { shown, leftOut } = choose(items, RESULT_LIMIT - RESERVE - fixed, answer.order ?? 'best')
  return [heading, ...rule, ...shown, ...leftOutLine(leftOut, shown.length, answer), ...notices].join('\n')
}

function choose(
  items: readonly Item[],
  room: number,
  order: 'best' | 'page',
): { shown: string[]; leftOut: Item[] } {
  const shown: string[] = []
  const leftOut: Item[] = []
  for (const [index, item] of items.entries()) {
    const text = [item.whole, item.brief].find(form => form !== undefined && form.length + 1 <= room)
    if (text === undefined && order === 'page') return { shown, leftOut: items.slice(index) }
    if (text === undefined) leftOut.push(item)
    else {
      shown.push(text)
      room -= text.length + 1
    }
  }
  return { shown, leftOut }
}

function leftOutLine(items: readonly Item[], shown: number, { forMore, cursor }: Answer): string[] {
  if (items.length === 0)
    return typeof cursor === 'string' ? [`For the next page, the same with cursor ${cursor}`] : []
  const ids = items.flatMap(item => item.id ?? []).slice(0, SHOWN_IDS)
  const named = ids.length === 0 ? '' : ` (${ids.join(', ')}${items.length > ids.length ? ', …' : ''})`
  return [
    `Left out, since an answer is at most ${RESULT_LIMIT} characters: ${items.length}${named}. ${forMore?.(shown) ?? ''}`.trim(),
  ]
}
