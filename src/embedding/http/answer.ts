/** What a server answered, believed only as far as it was checked. */
import { mustHaveDimensions } from '../failures.ts'
import { toUnit } from '../unit.ts'
import type { Answer } from './post.ts'

export interface Expected {
  readonly count: number
  /** Undefined until the first answer. */
  readonly dimensions: number | undefined
  /** Who answered, for messages. */
  readonly who: string
}

/** That an answer is not what was asked for; the message goes on where `who` ended. */
export class WrongAnswer extends Error {}

/**
 * One vector of length 1 a text, in the order of the texts.
 * @throws WrongAnswer, or SPACE_MISMATCH where the dimensions are not those of the space.
 */
export function vectorsOf(answer: Answer, expected: Expected): Float32Array[] {
  const type = answer.headers['content-type'] ?? ''
  if (!/^application\/([\w.-]+\+)?json\s*(;|$)/i.test(type))
    throw new WrongAnswer('answered something else than JSON')
  if (!/^(identity)?$/i.test(answer.headers['content-encoding'] ?? ''))
    throw new WrongAnswer('answered compressed, which was not asked for')
  const rows = inOrder(dataOf(answer.body), expected.count)
  const dimensions = expected.dimensions ?? rows[0]?.length ?? 0
  return rows.map((row, index) => {
    mustHaveDimensions(row.length, dimensions, expected.who)
    return toVector(row, index)
  })
}

function dataOf(body: Buffer): readonly unknown[] {
  let json: unknown
  try {
    json = JSON.parse(body.toString('utf8'))
  } catch {
    throw new WrongAnswer('answered JSON that is broken off or malformed')
  }
  const data = (json as { data?: unknown } | null)?.data
  if (!Array.isArray(data)) throw new WrongAnswer('answered without a list "data" of embeddings')
  return data
}

/** The embeddings by their `index`, which must be that of each text once. */
function inOrder(data: readonly unknown[], count: number): readonly (readonly unknown[])[] {
  if (data.length !== count)
    throw new WrongAnswer(`answered with ${data.length} embeddings for ${count} texts`)
  const rows = new Map<unknown, readonly unknown[]>()
  for (const entry of data) {
    const { index, embedding } = (entry ?? {}) as { index?: unknown; embedding?: unknown }
    if (!Array.isArray(embedding) || embedding.length === 0)
      throw new WrongAnswer('answered with an embedding that is not a list of numbers')
    rows.set(index, embedding)
  }
  return Array.from({ length: count }, (_, index) => {
    const row = rows.get(index)
    if (row === undefined) throw new WrongAnswer(`answered without an embedding of index ${index}`)
    return row
  })
}

function toVector(row: readonly unknown[], index: number): Float32Array {
  if (!row.every(value => Number.isFinite(value)))
    throw new WrongAnswer(
      `answered with an embedding of index ${index} that has something else than finite numbers`,
    )
  const unit = toUnit(row as readonly number[])
  if (unit === null) throw new WrongAnswer(`answered with an embedding of index ${index} that is all zeros`)
  return unit
}
