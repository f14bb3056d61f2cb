/** What a query names, and which memories mention that, perhaps by another name. */
import { type AnalysedQuery, analyse } from '../model/analysis.ts'
import type { ReadHandle } from '../store/store.ts'
import type { Gathered } from './recall-candidates.ts'

/** Of each entity so many memories may answer although they share no word with the query, newest first. */
const BROUGHT = 50

/** So many entities of a query are looked at, in the order in which it names them. */
const ENTITIES = 8

export interface Mentioned {
  /** Memories that mention what the query names. */
  readonly memories: readonly string[]
  /** The query's terms that name each of the entities. */
  readonly terms: ReadonlyMap<string, ReadonlySet<string>>
}

const NOTHING: Mentioned = { memories: [], terms: new Map() }

export async function mentionedIn(
  tx: ReadHandle,
  text: string,
  { query, project }: { readonly query: AnalysedQuery; readonly project: string | undefined },
): Promise<Mentioned> {
  const named = await tx.mentions.namedIn(text)
  const meant = named.filter(entity => project === undefined || (entity.project ?? project) === project)
  if (meant.length === 0) return NOTHING
  const known = new Set(query.terms)
  const terms = new Map<string, Set<string>>()
  for (const { entity_id, start, end } of meant) {
    if (terms.size >= ENTITIES && !terms.has(entity_id)) continue
    const own = terms.get(entity_id) ?? new Set<string>()
    for (const term of analyse(text.slice(start, end))) if (known.has(term)) own.add(term)
    terms.set(entity_id, own)
  }
  const memories = new Set<string>()
  for (const id of terms.keys())
    for (const memory of await tx.mentions.mentioning(id, BROUGHT)) memories.add(memory)
  return { memories: [...memories], terms }
}

/** Which terms each candidate counts as holding, by its key. */
export async function creditsFor(
  tx: ReadHandle,
  { terms }: Mentioned,
  gathered: Gathered,
): Promise<ReadonlyMap<number, ReadonlySet<string>>> {
  const credits = new Map<number, Set<string>>()
  if (terms.size === 0) return credits
  const keys = new Map(gathered.candidates.map(({ key }) => [gathered.idOf(key), key]))
  const mentions = await tx.mentions.of([...keys.keys()])
  for (const [memory, entities] of mentions) {
    const own = new Set(entities.flatMap(id => [...(terms.get(id) ?? [])]))
    if (own.size > 0) credits.set(keys.get(memory)!, own)
  }
  return credits
}
