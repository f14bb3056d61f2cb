/**
 * Makes and undoes links, which is journalled, and keeps what they say of their ends true while these live, which follows
 * from what is journalled of the ends.
 */
import type { Principal } from '../model/access.ts'
import { HeirloomError } from '../model/errors.ts'
import { type Link, type LinkType, type SourceCopy, takesOneSource } from '../model/link.ts'
import type { Memory, MemoryId } from '../model/memory.ts'
import type { Database, Engine } from './engine.ts'
import type { JournalWriter } from './journal.ts'
import { type Claim, type Claimed, keyOf, linkClaims } from './link-claims.ts'
import { copyOf, toLinkRow } from './link-rows.ts'
import { LinkReader } from './links.ts'
import { lockRows } from './row-locks.ts'

/** A source that is in another store, or nowhere. */
interface FarSource extends SourceCopy {
  readonly source_ref: string
  readonly source_deleted_at: string | null
}

type Source = Pick<Memory, 'id' | 'content_hash' | 'label' | 'title' | 'owner_user_id'>

export class LinkWriter extends LinkReader {
  readonly #journal: JournalWriter
  readonly #now: string
  /** Memories whose successor is to be linked when it is there: it may be made after them. */
  readonly #superseded = new Map<string, Memory>()
  readonly #arrived: string[] = []

  constructor(
    db: Database,
    principal: Principal,
    engine: Engine,
    { journal, now }: { journal: JournalWriter; now: string },
  ) {
    super(db, principal, engine)
    this.#journal = journal
    this.#now = now
  }

  /** @throws CONFLICT naming the link in the way, where the target has its one source already. */
  async add(target: Pick<Memory, 'id' | 'partition'>, type: LinkType, source: Source): Promise<Link> {
    return this.#insert(target, type, {
      source_ref: source.id,
      source_id: source.id,
      source_deleted_at: null,
      ...copyOf(source),
    })
  }

  /** As `add`, for a source that is not in this store. */
  async addFar(target: Pick<Memory, 'id' | 'partition'>, type: LinkType, source: FarSource): Promise<Link> {
    return this.#insert(target, type, { source_id: null, ...source })
  }

  async #insert(
    { id: target_id, partition: target_partition }: Pick<Memory, 'id' | 'partition'>,
    type: LinkType,
    source: FarSource & Pick<Link, 'source_id'>,
  ): Promise<Link> {
    const inTheWay = takesOneSource(type) ? await this.only(target_id, type) : null
    if (inTheWay !== null) throw taken(inTheWay)
    const link: Link = { target_id, type, ...source, target_partition, created_at: this.#now }
    await this.engine.statements.insert(this.db, 'links', [{ ...toLinkRow(link, this.tenant) }])
    this.#journal.record('link', target_id, null, told(link))
    return link
  }

  /** Takes back that a link was undone: it is there again as it was. */
  async putBack(link: Link): Promise<void> {
    await this.engine.statements.insert(this.db, 'links', [{ ...toLinkRow(link, this.tenant) }])
    this.#journal.record('link', link.target_id, null, told(link))
  }

  async remove(link: Link): Promise<void> {
    await this.db
      .deleteFrom('links')
      .where('tenant_id', '=', this.tenant)
      .where('target_id', '=', link.target_id)
      .where('type', '=', link.type)
      .where('source_ref', '=', link.source_ref)
      .execute()
    this.#journal.record('link', link.target_id, told(link), null)
  }

  /** Keeps links in step with a memory that changed: what they copied of it, and the partition they are in. */
  async follow(before: Memory, next: Memory): Promise<void> {
    const [old, now] = [copyOf(before), copyOf(next)]
    if (JSON.stringify(old) !== JSON.stringify(now)) {
      await this.engine.statements.run(this.db, 'refresh links', () => this.#refreshing(), [
        now.source_hash,
        now.source_label,
        now.source_owner,
        this.tenant,
        next.id,
      ])
    }
    if (before.partition !== next.partition) {
      await this.db
        .updateTable('links')
        .set({ target_partition: next.partition })
        .where('tenant_id', '=', this.tenant)
        .where('target_id', '=', next.id)
        .execute()
    }
  }

  #refreshing() {
    return this.db
      .updateTable('links')
      .set({ source_hash: '', source_label: '', source_owner: '' })
      .where('source_tenant_id', '=', '')
      .where('source_id', '=', '')
  }

  /** The link to a successor comes and goes with the state that it tells of. */
  async succeed(before: Memory, next: Memory): Promise<void> {
    const old = before.superseded_by
    if (old === next.superseded_by) return
    const link = old === null ? null : await this.find(next.id, 'superseded_by', old)
    if (link !== null) await this.remove(link)
    if (next.superseded_by === null) this.#superseded.delete(next.id)
    else this.#superseded.set(next.id, next)
  }

  /** Links what was superseded to its successors, when all of them are there. */
  async flush(): Promise<void> {
    for (const memory of this.#superseded.values()) {
      const ref = memory.superseded_by ?? ''
      // Somebody may have said so before.
      if ((await this.find(memory.id, 'superseded_by', ref)) !== null) continue
      const successor = await this.source(ref)
      if (successor !== null) await this.add(memory, 'superseded_by', successor)
    }
    this.#superseded.clear()
  }

  /** What a link copies of a memory, whosever it is; null where it is not here. */
  async source(id: string): Promise<Source | null> {
    const row = await this.db
      .selectFrom('memories')
      .select(['id', 'content_hash', 'label', 'title', 'owner_user_id'])
      .where('tenant_id', '=', this.tenant)
      .where('id', '=', id)
      // Whoever revises it meanwhile does so after this transaction, and then finds the link to refresh.
      .$if(this.engine.name === 'postgres', query => query.forShare())
      .executeTakeFirst()
    return row === undefined ? null : (row as Source)
  }

  /** Links memories to what they say they came from; those that are linked already stay as they are. */
  claim(type: LinkType, claims: readonly Claim[]): Promise<Claimed> {
    const { db, engine, tenant } = this
    return linkClaims({ db, engine, tenant_id: tenant, journal: this.#journal, at: this.#now }, type, claims)
  }

  /** Links that waited for a source and found it in this transaction, by the keys that they had. */
  get arrived(): readonly string[] {
    return this.#arrived
  }

  /** Fills the links that waited for a source which has come, by the id that it had where it came from. */
  async arrive(source: Source & { readonly origin_id: string | null }): Promise<void> {
    if (source.origin_id === null) return
    const waiting = await this.db
      .selectFrom('links')
      .select(['target_id', 'type', 'source_ref'])
      .where('tenant_id', '=', this.tenant)
      .where('source_ref', '=', source.origin_id)
      .where('source_id', 'is', null)
      .where('target_id', '<>', source.id)
      .execute()
    for (const { target_id, type, source_ref } of waiting) {
      const after = {
        source_ref: source.id,
        source_id: source.id,
        source_deleted_at: null,
        ...copyOf(source),
      }
      await this.db
        .updateTable('links')
        .set({ ...after, source_tenant_id: this.tenant })
        .where('tenant_id', '=', this.tenant)
        .where('target_id', '=', target_id)
        .where('type', '=', type)
        .where('source_ref', '=', source_ref)
        .execute()
      const told = { type, source_ref: source.id, source_id: source.id }
      this.#journal.record('link', target_id, { type, source_ref }, told)
    }
    this.#arrived.push(...waiting.map(keyOf))
  }

  /** That a memory was copied into another store, where the link is. */
  tellShared(id: MemoryId, { id: copy, store }: { readonly id: string; readonly store: string }) {
    const told = { store, copy }
    this.#journal.record('share', id, null, told)
    return told
  }

  /** Before a memory is deleted: links from it stay, with what it was and when it went. */
  async depart(id: MemoryId): Promise<void> {
    // Nobody links to it meanwhile: such a link would not say that it went.
    const { db, engine, tenant } = this
    await lockRows({ db, engine, tenant_id: tenant }, { table: 'memories', column: 'id', id })
    await this.db
      .updateTable('links')
      .set({ source_deleted_at: this.#now, source_id: null, source_tenant_id: null })
      .where('source_tenant_id', '=', this.tenant)
      .where('source_id', '=', id)
      .execute()
  }
}

/** What the journal keeps of a link; its target is the entry's subject. */
function told({ target_id: _target, target_partition: _partition, ...link }: Link) {
  return link
}

function taken({ target_id, type, source_ref }: Link): HeirloomError {
  return new HeirloomError(
    'CONFLICT',
    `Memory ${target_id} is ${type} ${source_ref} already, and takes one source by links of this type. Remove that link first: heirloom unlink ${target_id} ${type} ${source_ref}`,
  )
}
