/** What could matter for a prompt, by a fixed number of statements however much is stored. */
import type { AnalysedQuery } from '../model/analysis.ts'
import type { Entity } from '../model/entity.ts'
import { isLive, isValidAt, type Memory } from '../model/memory.ts'
import type { Ranked } from '../model/rank.ts'
import type { MemoryFilter } from '../store/memory-filter.ts'
import type { ReadHandle } from '../store/store.ts'
import { CONFLICTS, conflictItems } from './context-conflicts.ts'
import { backgroundOf, entityItem, memoryItem, relationsOf } from './context-items.ts'
import type { Choices, EntityChoice } from './context-packing.ts'
import type { ShownItem } from './context-text.ts'
import type { Context } from './operation.ts'
import type { Gathered } from './recall-candidates.ts'
import type { Meaning } from './recall-meaning.ts'
import { type Ranking, ranking, spellings } from './recall-ranking.ts'
import { choose } from './recall-results.ts'

/** Of the best so many are looked at: as many as may fit, and some besides. */
const RECALLED = { least: 20, most: 60, tokens: 50 }
const ENTITIES = 12
/** Of each entity and side. */
const RELATIONSHIPS = 6

export interface Asked {
  /** What is looked up of the prompt. */
  readonly text: string
  readonly query: AnalysedQuery
  readonly filter: MemoryFilter
  /** In tokens. */
  readonly budget: number
  readonly now: string
  readonly context: Context
  /** What the prompt means; null where recall goes by words alone. */
  readonly meaning: Meaning | null
}

export interface Found {
  readonly choices: Choices
  /** What is pinned and not fit to be given. */
  readonly unfit: readonly Memory[]
}

interface Known {
  readonly pinned: readonly Memory[]
  readonly recalled: readonly { readonly ranked: Ranked; readonly memory: Memory }[]
  readonly entities: readonly Named[]
}

interface Named {
  readonly entity: Entity
  readonly why: string
  readonly mentionedBy: readonly string[] | null
}

export async function gather(tx: ReadHandle, asked: Asked): Promise<Found> {
  const { filter, now, context } = asked
  const projects = filter.project === undefined ? [null] : [null, filter.project]
  const pins = (await tx.pins.ofProjects(projects)).map(({ memory }) => memory)
  const isFit = (memory: Memory) => isLive(memory) && isValidAt(memory, now)
  const pinned = pins.filter(isFit)
  const isPinned = new Set(pinned.map(({ id }) => String(id)))
  const { ranked, gathered } = await rankedFor(tx, asked)
  const limit = Math.min(RECALLED.most, Math.max(RECALLED.least, Math.ceil(asked.budget / RECALLED.tokens)))
  const { items } = await choose(tx, ranked, gathered, { limit, validAt: now })
  const recalled = items.flatMap(({ ranked, found }) =>
    found.record === 'memory' && !isPinned.has(found.memory.id) ? [{ ranked, memory: found.memory }] : [],
  )
  const hits = items.flatMap(({ found }) => (found.record === 'entity' ? [found.entity] : []))
  const memories = [...pinned, ...recalled.map(({ memory }) => memory)]
  const entities = await entitiesAround(tx, asked, { hits, memories })
  const known = { pinned, recalled, entities }
  const contested = await contestedAmong(tx, known)
  const disputes = [...new Set(contested.values())]
  const conflicts = await conflictItems(tx, disputes, context)
  const choices = {
    ...(await memoryChoices(tx, known, { asked, gathered, contested })),
    entities: await entityChoices(tx, entities, { contested, now }),
    conflicts,
    beyond: beyondOf(ranked, { last: items[limit - 1]?.ranked, gathered, disputes }),
  }
  return { choices, unfit: pins.filter(memory => !isFit(memory)) }
}

/** A prompt of signs alone has nothing to look for. */
async function rankedFor(tx: ReadHandle, { text, query, filter, now, meaning }: Asked): Promise<Ranking> {
  if (query.terms.length > 0) return ranking(tx, query, { text, filter, now, meaning })
  const nothing: Gathered = {
    candidates: [],
    corpus: { documents: 0, averageLength: 1, frequencies: new Map() },
    idOf: String,
    fetch: async () => new Map(),
  }
  return { ranked: [], gathered: nothing }
}

interface Beyond {
  /** The last that was looked at, where there may be more. */
  readonly last: Ranked | undefined
  readonly gathered: Gathered
  readonly disputes: readonly string[]
}

function beyondOf(ranked: readonly Ranked[], { last, gathered, disputes }: Beyond): Choices['beyond'] {
  const rest = last === undefined ? [] : ranked.slice(ranked.indexOf(last) + 1)
  const ids = [...disputes.slice(CONFLICTS), ...rest.slice(0, 5).map(({ key }) => gathered.idOf(key))]
  return { count: rest.length + Math.max(0, disputes.length - CONFLICTS), ids: ids.slice(0, 5) }
}

/** First those that the prompt names, then those that recall found, then those that most memories mention. */
async function entitiesAround(
  tx: ReadHandle,
  { text, filter, now }: Asked,
  { hits, memories }: { hits: readonly Entity[]; memories: readonly Memory[] },
): Promise<Named[]> {
  const named = (await tx.mentions.namedIn(text)).map(({ entity_id }) => entity_id)
  const mentions = await tx.mentions.of(memories.map(({ id }) => id))
  const mentionedBy = new Map<string, string[]>()
  for (const { id } of memories)
    for (const entity of mentions.get(id) ?? [])
      mentionedBy.set(entity, [...(mentionedBy.get(entity) ?? []), id])
  const mentioned = [...mentionedBy].sort(([, a], [, b]) => b.length - a.length).map(([id]) => id)
  const found = new Set(hits.map(({ id }) => String(id)))
  const ids = [...new Set([...named, ...found, ...mentioned])].slice(0, 3 * ENTITIES)
  const entities = await tx.entities.byIds(ids)
  const inPrompt = new Set(named)
  return ids
    .flatMap((id): Named[] => {
      const entity = entities.get(id)
      if (entity === undefined || !isLive(entity) || !isValidAt(entity, now)) return []
      if (filter.project !== undefined && (entity.project ?? filter.project) !== filter.project) return []
      if (inPrompt.has(id)) return [{ entity, why: 'named in the prompt', mentionedBy: null }]
      if (found.has(id)) return [{ entity, why: 'found by recall', mentionedBy: null }]
      return [{ entity, why: 'mentioned', mentionedBy: mentionedBy.get(id) ?? [] }]
    })
    .slice(0, ENTITIES)
}

/** The open conflict that each record is in, or that is about an entity; in the order of the records. */
async function contestedAmong(
  tx: ReadHandle,
  { pinned, recalled, entities }: Known,
): Promise<ReadonlyMap<string, string>> {
  const own = entities.map(({ entity }) => String(entity.id))
  const memories = [...pinned, ...recalled.map(({ memory }) => memory)].map(({ id }) => String(id))
  const about = await tx.conflicts.openAbout(own)
  const inside = await tx.conflicts.contested([...memories, ...own])
  return new Map(
    [...memories, ...own].flatMap(id => {
      const conflict = inside.get(id) ?? about.get(id)
      return conflict === undefined ? [] : [[id, conflict] as const]
    }),
  )
}

async function memoryChoices(
  tx: ReadHandle,
  { pinned, recalled }: Known,
  {
    asked,
    gathered,
    contested,
  }: { asked: Asked; gathered: Gathered; contested: ReadonlyMap<string, string> },
): Promise<Pick<Choices, 'pinned' | 'recalled'>> {
  const all = [...pinned, ...recalled.map(({ memory }) => memory)]
  const background = await backgroundOf(tx, all, asked.context.principal)
  const spelling = spellings(asked.text)
  const contestedOf = (id: string) => contested.get(id) ?? null
  return {
    pinned: pinned.map(memory =>
      memoryItem(memory, background, { section: 'pinned', why: 'pinned', contested: contestedOf(memory.id) }),
    ),
    recalled: recalled.map(({ ranked, memory }, index) => {
      const why = `rank ${index + 1}: ${reasonOf(ranked, { gathered, spelling })}`
      return memoryItem(memory, background, { section: 'recalled', why, contested: contestedOf(memory.id) })
    }),
  }
}

/** Words of a query that a reason names. */
const WORDS = 6

function reasonOf(
  ranked: Ranked,
  { gathered, spelling }: { gathered: Gathered; spelling: ReadonlyMap<string, string> },
): string {
  const { terms, liftedBy } = ranked.explain()
  const words = [...new Set(terms.map(({ term }) => spelling.get(term) ?? term))].slice(0, WORDS)
  if (words.length > 0) return `matched ${words.join(', ')}`
  if (ranked.denseRank !== null) return 'near in meaning'
  return liftedBy === null ? 'mentions what the prompt names' : `stands beside ${gathered.idOf(liftedBy.key)}`
}

async function entityChoices(
  tx: ReadHandle,
  named: readonly Named[],
  { contested, now }: { contested: ReadonlyMap<string, string>; now: string },
): Promise<EntityChoice[]> {
  const ids = named.map(({ entity }) => String(entity.id))
  const around = [
    ...(await tx.relationships.around('source', ids, RELATIONSHIPS)),
    ...(await tx.relationships.around('target', ids, RELATIONSHIPS)),
  ]
  const holding = [...new Map(around.map(one => [one.id, one])).values()].filter(
    one => one.trust !== 'untrusted' && isValidAt(one, now),
  )
  const ends = await tx.entities.byIds([...new Set(holding.flatMap(one => [one.source_id, one.target_id]))])
  const relations = relationsOf(holding, ids, id => {
    const end = ends.get(id)
    return end !== undefined && isLive(end) && isValidAt(end, now) ? end.name : null
  })
  return named.flatMap(({ entity, why, mentionedBy }) => {
    const choice = { section: 'entity' as const, why, contested: contested.get(entity.id) ?? null }
    const item: ShownItem = entityItem(entity, relations.get(entity.id) ?? [], choice)
    // Of what has a name and nothing else there is nothing to tell.
    return item.content === '' ? [] : [{ item, mentionedBy }]
  })
}
