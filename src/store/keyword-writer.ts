/**
 * Keeps the keyword index in step with memories: a version that recall may answer with is live, every other one past,
 * so that what was known earlier can still be searched without weighing on what is known now.
 */
import type { Principal } from '../model/access.ts'
import { contentTermsOf, toSearchDocument } from '../model/analysis.ts'
import { type Entity, textOf } from '../model/entity.ts'
import { isLive, type Memory } from '../model/memory.ts'
import { signatureOf } from '../model/similarity.ts'
import type { Database, Engine, KeywordRow } from './engine.ts'

export class KeywordWriter {
  readonly #db: Database
  readonly #engine: Engine
  readonly #principal: Principal
  readonly #added = { live: { documents: 0, terms: 0 }, past: { documents: 0, terms: 0 } }

  constructor(db: Database, engine: Engine, principal: Principal) {
    this.#db = db
    this.#engine = engine
    this.#principal = principal
  }

  async add(memories: readonly Memory[]): Promise<void> {
    await this.#enter(memories.map(memory => analyse(memory, this.#principal.tenant_id)))
  }

  /** Enters an entity, of which only the present version is ever in the index. */
  async addEntity(entity: Entity): Promise<void> {
    await this.#enter([{ row: entityRow(entity, this.#principal.tenant_id), signature: [] }])
  }

  /** Enters versions that are over. */
  async addPast(memories: readonly Memory[]): Promise<void> {
    const rows = memories.map(memory => toKeywordRow(memory, this.#principal.tenant_id))
    await this.#enter(rows.map(row => ({ row: { ...row, live: 0 }, signature: [] })))
  }

  async #enter(analysed: readonly Analysed[]): Promise<void> {
    for (const { row } of analysed) this.#count(row.live === 1 ? 'live' : 'past', 1, row.length)
    await this.#engine.keyword.insert(
      this.#db,
      analysed.map(({ row }) => row),
    )
    for (const { row, signature } of analysed) await addSignatures(this.#db, this.#engine, { row, signature })
  }

  /** Takes a version out of what recall sees; it stays findable as the past. */
  async retire(version: Memory): Promise<void> {
    const rows = await this.#db
      .updateTable('keyword_documents')
      .set({ live: 0 })
      .where('tenant_id', '=', this.#principal.tenant_id)
      .where('memory_id', '=', version.id)
      .where('version', '=', version.version)
      .where('live', '=', 1)
      .returning(['doc', 'length', 'words', 'traits', 'document_id'])
      .execute()
    for (const row of rows) {
      this.#count('live', -1, -row.length)
      this.#count('past', 1, row.length)
      if (row.document_id === null) await this.#forgetSignatures(row.doc, signatureOf(contentWords(row)))
    }
  }

  /** Takes a version of a memory or entity out of the index as if it had never been; every one where none is given. */
  async drop(memoryId: string, version?: number): Promise<void> {
    const rows = await this.#db
      .deleteFrom('keyword_documents')
      .where('tenant_id', '=', this.#principal.tenant_id)
      .where('memory_id', '=', memoryId)
      .$if(version !== undefined, query => query.where('version', '=', version ?? 0))
      .returning(['doc', 'live', 'length', 'words', 'traits', 'document_id', 'subject'])
      .execute()
    for (const row of rows) {
      this.#count(row.live === 1 ? 'live' : 'past', -1, -row.length)
      const isSigned = row.live === 1 && row.document_id === null && row.subject === 'memory'
      if (isSigned) await this.#forgetSignatures(row.doc, signatureOf(contentWords(row)))
    }
  }

  /** Brings the totals up to date. They are one row for all writers, so this comes after the journal's lock. */
  async flush(): Promise<void> {
    for (const part of ['live', 'past'] as const) {
      const { documents, terms } = this.#added[part]
      if (documents === 0 && terms === 0) continue
      await this.#engine.statements.run(this.#db, 'keyword totals', () => this.#addition(), [
        documents,
        terms,
        this.#principal.tenant_id,
        part === 'live' ? 1 : 0,
      ])
    }
  }

  async #forgetSignatures(doc: number, signature: readonly number[]): Promise<void> {
    if (signature.length === 0) return
    await this.#db
      .deleteFrom('keyword_signatures')
      .where('signature', 'in', signature)
      .where('doc', '=', doc)
      .execute()
  }

  #addition() {
    return this.#db
      .updateTable('keyword_totals')
      .set(eb => ({ documents: eb('documents', '+', 0), terms: eb('terms', '+', 0) }))
      .where('tenant_id', '=', '')
      .where('live', '=', 0)
  }

  #count(part: 'live' | 'past', documents: number, terms: number): void {
    this.#added[part].documents += documents
    this.#added[part].terms += terms
  }
}

interface EnteredRow {
  readonly row: Pick<KeywordRow, 'tenant_id' | 'memory_id' | 'version'>
  readonly signature: readonly number[]
}

/** Enters a row of the keyword index into the index of near-duplicates. */
export async function addSignatures(
  db: Database,
  { statements }: Engine,
  { row, signature }: EnteredRow,
): Promise<void> {
  if (signature.length === 0) return
  const parameters = signature.flatMap(part => [part, row.tenant_id, row.memory_id, row.version])
  await statements.run(
    db,
    `add signatures ${signature.length}`,
    () => signatureInsertion(db, signature),
    parameters,
  )
}

function signatureInsertion(db: Database, signature: readonly number[]) {
  const doc = db
    .selectFrom('keyword_documents')
    .select('doc')
    .where('tenant_id', '=', '')
    .where('memory_id', '=', '')
    .where('version', '=', 0)
  // A rebuild may come by a row whose writer has entered it already.
  return db
    .insertInto('keyword_signatures')
    .values(signature.map(part => ({ signature: part, doc })))
    .onConflict(conflict => conflict.doNothing())
}

export interface Analysed {
  readonly row: KeywordRow
  /** Of live memories that are no passages: passages repeat themselves by nature. */
  readonly signature: readonly number[]
}

// A memory is analysed when its near-duplicates are looked for and again when it is stored.
const kept = new WeakMap<Memory, Analysed>()

export function analyse(memory: Memory, tenantId: string): Analysed {
  const known = kept.get(memory)
  if (known !== undefined) return known
  const row = toKeywordRow(memory, tenantId)
  const signature = row.live === 1 && row.document_id === null ? signatureOf(contentWords(row)) : []
  const analysed = { row, signature }
  if (row.document_id === null) kept.set(memory, analysed)
  return analysed
}

/** The words of what a memory says, without those of its title, tags, date and author. */
export function contentWords({ words, traits }: Pick<KeywordRow, 'words' | 'traits'>): string {
  return words.trimStart().split(' ', contentTermsOf(traits)).join(' ')
}

export function toKeywordRow(memory: Memory, tenantId: string): KeywordRow {
  const { words, length, traits, author } = toSearchDocument({
    content: memory.content,
    title: memory.title,
    label: memory.label,
    tags: memory.tags,
    author: memory.author,
    at: memory.valid_from,
  })
  return {
    tenant_id: tenantId,
    memory_id: memory.id,
    version: memory.version,
    live: isLive(memory) ? 1 : 0,
    owner_user_id: memory.owner_user_id,
    document_id: memory.document_id,
    position: memory.position,
    trust: memory.trust,
    confidence: memory.confidence,
    recorded_at: memory.recorded_at,
    words,
    length,
    traits,
    author,
    subject: 'memory',
  }
}

export function entityRow(entity: Entity, tenantId: string): KeywordRow {
  const found = toSearchDocument({ content: textOf(entity), title: entity.name, at: entity.valid_from })
  return {
    tenant_id: tenantId,
    memory_id: entity.id,
    version: entity.version,
    live: isLive(entity) ? 1 : 0,
    owner_user_id: entity.owner_user_id,
    document_id: null,
    position: null,
    trust: entity.trust,
    confidence: entity.confidence,
    recorded_at: entity.recorded_at,
    ...found,
    subject: 'entity',
  }
}
