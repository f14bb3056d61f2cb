/**
 * Finds what may answer a query: the engine's rough best, then what stands beside it in its document. The terms are
 * planned by selectivity, so that a common word never makes the database score half of its rows.
 */
import type { Principal } from '../model/access.ts'
import type { Memory } from '../model/memory.ts'
import type { Corpus } from '../model/rank.ts'
import { wordSimilarity } from '../model/similarity.ts'
import {
  type Database,
  type Engine,
  HIT_COLUMNS,
  type KeywordHit,
  type KeywordPart,
  type KeywordScope,
  type Place,
} from './engine.ts'
import { analyse, contentWords } from './keyword-writer.ts'
import { conditions, isIndexed, type MemoryFilter, type VersionTable } from './memory-filter.ts'
import { beginPhase } from './phases.ts'

/**
 * Rows that the planned terms may match in all. Measured at 500,000 rows: 4.8 ms against 147 ms for every term.
 */
const BUDGET = 5000

/** How many of the rough best are ranked exactly: 300 find no more on conversations, at half as much time again. */
const CANDIDATES = 200

/** How many of those bring their neighbours along, and from how far. */
const WITH_NEIGHBOURS = 50
const REACH = 3

/** Too few hits: terms that were left out are let in until there are this many. */
const ENOUGH = 50

/** A filter that leaves no more than this is ranked whole. */
const NARROW = 2000

/** From what similarity on two memories are near-duplicates, and how many are told. */
const NEAR = 0.7
const NEAR_TOLD = 3

/** How many that share a part of the signature are compared. */
const SHARING = 50

export interface NearDuplicate {
  readonly id: string
  /** Jaccard similarity of the two sets of words, from 0 to 1. */
  readonly similarity: number
  readonly content: string
}

export interface SearchRequest {
  readonly terms: readonly string[]
  readonly neighbours: boolean
  /** Null where any live memory will do. */
  readonly filter: { readonly table: VersionTable; readonly fields: MemoryFilter } | null
  readonly part: KeywordPart
}

export interface Found {
  readonly hits: readonly KeywordHit[]
  readonly corpus: Corpus
}

export class KeywordReader {
  readonly #db: Database
  readonly #engine: Engine
  readonly #principal: Principal

  constructor(db: Database, engine: Engine, principal: Principal) {
    this.#db = db
    this.#engine = engine
    this.#principal = principal
  }

  async search(request: SearchRequest): Promise<Found> {
    beginPhase('keyword')
    const totals = await this.#totals(request.part)
    const { keyword } = this.#engine
    const frequencies = await keyword.frequencies(
      this.#db,
      request.part,
      request.terms,
      BUDGET,
      totals.documents,
    )
    const corpus: Corpus = { ...totals, frequencies }
    const scope = this.#scope(request.part, request.filter)
    const whole = await this.#whole(scope)
    const hits = whole ?? (await this.#planned(scope, request.terms, corpus))
    if (!request.neighbours || whole !== null) return { hits, corpus }
    return { hits: [...hits, ...(await this.#neighbours(scope, hits))], corpus }
  }

  /** What stands beside live hits in their documents. */
  beside(hits: readonly KeywordHit[], filter: SearchRequest['filter']): Promise<KeywordHit[]> {
    return this.#neighbours(this.#scope('live', filter), hits)
  }

  /** Ids of the live or past entities whose name, aliases or description hold the most of the terms, those first. */
  async entities(part: KeywordPart, terms: readonly string[]): Promise<string[]> {
    const { documents, averageLength } = await this.#totals(part)
    const frequencies = await this.#engine.keyword.frequencies(this.#db, part, terms, BUDGET, documents)
    const corpus: Corpus = { documents, averageLength, frequencies }
    const hits = await this.#planned({ ...this.#scope(part, null), onlyEntities: true }, terms, corpus)
    const held = ({ words }: KeywordHit) => terms.filter(term => words.includes(` ${term} `)).length
    return hits.toSorted((a, b) => held(b) - held(a)).map(({ memory_id }) => memory_id)
  }

  /** The rows of some memories, by default the live ones, as a search would give them. */
  async ofMemories(
    ids: readonly string[],
    filter: SearchRequest['filter'],
    part: KeywordPart = 'live',
  ): Promise<KeywordHit[]> {
    if (ids.length === 0) return []
    const { tenant_id, user_id } = this.#principal
    let query = this.#db
      .selectFrom('keyword_documents as d')
      .select(HIT_COLUMNS.map(name => `d.${name}` as const))
      .where('d.tenant_id', '=', tenant_id)
      .where('d.memory_id', 'in', ids)
      .where('d.owner_user_id', '=', user_id)
      .where('d.live', '=', part === 'live' ? 1 : 0)
    if (filter !== null) {
      const { table, fields } = filter
      query = query.where(eb =>
        eb.exists(
          eb
            .selectFrom(`${table as 'memories'} as m`)
            .select('m.id')
            .whereRef('m.tenant_id', '=', 'd.tenant_id')
            .whereRef('m.id', '=', 'd.memory_id')
            .whereRef('m.version', '=', 'd.version')
            .where(inner => inner.and(conditions(inner as never, table, fields))),
        ),
      )
    }
    return query.execute()
  }

  /** Live memories, other than passages, that say nearly the same as this one, which is not stored yet. */
  async similar(memory: Memory): Promise<NearDuplicate[]> {
    const { row, signature } = analyse(memory, this.#principal.tenant_id)
    const { tenant_id } = row
    const words = contentWords(row)
    if (signature.length === 0) return []
    const hits = await this.#engine.statements.run(
      this.#db,
      `signatures ${signature.length}`,
      () => this.#sharing(signature),
      [...signature, tenant_id, this.#principal.user_id, 1, SHARING],
    )
    const near = hits
      .map(hit => ({ id: hit.memory_id, similarity: wordSimilarity(words, contentWords(hit)) }))
      .filter(hit => hit.similarity >= NEAR)
      .sort((a, b) => b.similarity - a.similarity)
      .slice(0, NEAR_TOLD)
    if (near.length === 0) return []
    const rows = await this.#db
      .selectFrom('memories')
      .select(['id', 'content'])
      .where('tenant_id', '=', tenant_id)
      .where(
        'id',
        'in',
        near.map(hit => hit.id),
      )
      .execute()
    return near.map(hit => ({
      id: hit.id,
      similarity: Math.round(hit.similarity * 100) / 100,
      content: rows.find(row => row.id === hit.id)?.content ?? '',
    }))
  }

  #sharing(signature: readonly number[]) {
    return (
      this.#db
        .selectFrom('keyword_signatures as s')
        // SQLite keeps the order of a cross join; left to itself it might begin with every row of the owner.
        .crossJoin('keyword_documents as d')
        .select(['d.memory_id', 'd.words', 'd.traits'])
        .distinct()
        .where('s.signature', 'in', signature)
        .whereRef('d.doc', '=', 's.doc')
        .where('d.tenant_id', '=', '')
        .where('d.owner_user_id', '=', '')
        .where('d.live', '=', 0)
        .limit(SHARING)
    )
  }

  #scope(part: KeywordPart, filter: SearchRequest['filter']): KeywordScope {
    return { part, tenant_id: this.#principal.tenant_id, owner_user_id: this.#principal.user_id, filter }
  }

  /** Everything that a narrow filter leaves, or null where it is not narrow. */
  async #whole(scope: KeywordScope): Promise<KeywordHit[] | null> {
    if (scope.filter === null || !isIndexed(scope.filter.fields)) return null
    const { table, fields } = scope.filter
    const rows = await this.#db
      .selectFrom(`${table as 'memories'} as m`)
      .innerJoin('keyword_documents as d', join =>
        join
          .onRef('d.tenant_id', '=', 'm.tenant_id')
          .onRef('d.memory_id', '=', 'm.id')
          .onRef('d.version', '=', 'm.version'),
      )
      .select(HIT_COLUMNS.map(name => `d.${name}` as const))
      .where('m.tenant_id', '=', scope.tenant_id)
      .where('m.owner_user_id', '=', scope.owner_user_id)
      .where('d.live', '=', scope.part === 'live' ? 1 : 0)
      .where(eb => eb.and(conditions(eb as never, table, fields)))
      .limit(NARROW + 1)
      .execute()
    return rows.length > NARROW ? null : rows
  }

  async #planned(scope: KeywordScope, terms: readonly string[], corpus: Corpus): Promise<KeywordHit[]> {
    for (let budget = BUDGET; ; budget *= 8) {
      const plan = planTerms(terms, corpus.frequencies, budget)
      const hits = await this.#engine.keyword.search(this.#db, {
        ...scope,
        terms: plan,
        limit: CANDIDATES,
        documents: corpus.documents,
        average_length: corpus.averageLength,
        frequencies: corpus.frequencies,
      })
      const all = terms.filter(term => (corpus.frequencies.get(term) ?? 0) > 0).length
      if (hits.length >= ENOUGH || plan.length >= all) return hits
    }
  }

  async #neighbours(scope: KeywordScope, hits: readonly KeywordHit[]): Promise<KeywordHit[]> {
    beginPhase('neighbours')
    const known = new Set(hits.map(hit => placeKey(hit.document_id, hit.position)))
    const places: Place[] = []
    for (const { document_id, position } of hits.slice(0, WITH_NEIGHBOURS)) {
      if (document_id === null || position === null) continue
      for (let at = Math.max(0, position - REACH); at <= position + REACH; at++) {
        const key = placeKey(document_id, at)
        if (known.has(key)) continue
        known.add(key)
        places.push({ document_id, position: at })
      }
    }
    return this.#engine.keyword.at(this.#db, scope, places)
  }

  async #totals(part: KeywordPart): Promise<{ documents: number; averageLength: number }> {
    const row = await this.#db
      .selectFrom('keyword_totals')
      .select(['documents', 'terms'])
      .where('tenant_id', '=', this.#principal.tenant_id)
      .where('live', '=', part === 'live' ? 1 : 0)
      .executeTakeFirst()
    const documents = row?.documents ?? 0
    return { documents, averageLength: documents === 0 ? 1 : Math.max(1, (row?.terms ?? 0) / documents) }
  }
}

/**
 * The rarest terms whose summed frequency stays within the budget, and at least one. Terms that are nowhere are left
 * out.
 */
export function planTerms(
  terms: readonly string[],
  frequencies: ReadonlyMap<string, number>,
  budget: number,
): string[] {
  const found = terms.filter(term => (frequencies.get(term) ?? 0) > 0)
  found.sort((a, b) => frequencies.get(a)! - frequencies.get(b)!)
  const plan: string[] = []
  let sum = 0
  for (const term of found) {
    sum += frequencies.get(term)!
    if (plan.length > 0 && sum > budget) break
    plan.push(term)
  }
  return plan
}

function placeKey(documentId: string | null, position: number | null): string {
  return `${documentId} ${position}`
}
