/** Whether two entities that are made one would contain themselves. */
import { HeirloomError } from '../model/errors.ts'
import { quoted } from '../model/excerpt.ts'
import type { Relationship } from '../model/relationship.ts'
import type { ReadHandle } from '../store/store.ts'
import type { Merging } from './entity-merging.ts'

/** Wholes of a level that are looked at. */
const MOST_ABOVE = 10_000

/** Names that an error shows, before the rest is left out. */
const SHOWN = 10

type Reading = Pick<ReadHandle, 'relationships' | 'entities'>
type Two = Pick<Merging, 'source' | 'target'>

/** @throws INVALID_INPUT naming the way from the one to the other, where something stands between them. */
export async function mustNotContainItself(tx: Reading, two: Two): Promise<void> {
  for (const [part, whole] of [
    [two.source.id, two.target.id],
    [two.target.id, two.source.id],
  ] as const) {
    const way = await wayUp(tx, part, whole)
    if (way !== null) throw await circle(tx, way)
  }
}

/** From the whole down to the part; what leads from the one to the other straight away ends with the merge. */
async function wayUp({ relationships }: Reading, part: string, whole: string): Promise<string[] | null> {
  const below = new Map<string, string | null>([[part, null]])
  const isStraight = (one: Relationship) => one.source_id === whole && one.target_id === part
  for (let level = [part]; level.length > 0; ) {
    const above = await relationships.of('target', level, {
      types: ['contains'],
      statuses: ['active', 'candidate'],
      limit: MOST_ABOVE,
    })
    level = []
    for (const one of above) {
      if (isStraight(one) || below.has(one.source_id)) continue
      below.set(one.source_id, one.target_id)
      level.push(one.source_id)
    }
    if (below.has(whole)) return pathFrom(whole, below)
  }
  return null
}

function pathFrom(whole: string, below: ReadonlyMap<string, string | null>): string[] {
  const path: string[] = []
  for (let at: string | null | undefined = whole; at !== null && at !== undefined; at = below.get(at))
    path.push(at)
  return path
}

async function circle({ entities }: Reading, way: readonly string[]): Promise<HeirloomError> {
  const shown = way.length <= SHOWN ? way : [...way.slice(0, SHOWN - 1), way.at(-1)!]
  const known = await entities.byIds(shown)
  const names = shown.map(id => quoted(known.get(id)?.name ?? id))
  const told = way.length <= SHOWN ? names : [...names.slice(0, -1), '…', names.at(-1)!]
  return new HeirloomError(
    'INVALID_INPUT',
    `Nothing can contain itself: ${told.join(' contains ')}, and the first and the last would be one. Take one of these away first: heirloom unrelate <whole> contains <part>`,
  )
}
