/**
 * Stores for `bench/provenance.ts`, filled past the library: a store of its own making, and then rows in its real
 * tables by bare better-sqlite3. Rows of the keyword index and of the journal are left out, since no question about
 * links reads them.
 */
import BetterSqlite3 from 'better-sqlite3'
import { openHeirloom } from '../src/index.ts'
import { sha256 } from '../src/model/digest.ts'
import { type LinkType, takesOneSource } from '../src/model/link.ts'
import { sharedFromTag } from '../src/model/shared-tag.ts'
import { textSource } from './text.ts'

/** Copies of the one memory that was shared most, and links of a chain. */
const MOST_COPIES = 10_000
export const CHAIN = 1000
/** A chain more for each so many links. */
const LINKS_A_CHAIN = 100_000
/** Of each memory beside the hub and the chains that has sources, and how many have them for one that is a source. */
export const SOURCES = 10
const TARGETS_A_SOURCE = 10
/** A prime: memories that belong together are apart in the store by it. */
const STRIDE = 1_000_003

/** Of memories that carry a tag. */
const KINDS = 4

const TYPES: readonly LinkType[] = ['derived_from', 'consolidated_from', 'reflected_from', 'summarizes']

export interface LinkedStore {
  readonly links: number
  /** The memory that was shared most, and how often. */
  readonly hub: string
  readonly copies: number
  /** The newest memory of each chain. */
  readonly chains: readonly string[]
  /** Memories that others came from. */
  readonly sources: readonly string[]
  /** Memories with ten sources each. */
  readonly targets: readonly string[]
}

type Row = Readonly<Record<string, unknown>>

interface Filler extends Disposable {
  memory(changes: Row & { readonly id: string }, sharedFrom: string | null): void
  link(target: string, type: LinkType, source: string): void
}

/** A hub with its copies, chains, and memories with sources at random: some of these have many targets, most few. */
export async function fillLinked(
  store: string,
  size: { readonly links: number; readonly memories: number },
): Promise<LinkedStore> {
  const copies = Math.min(MOST_COPIES, Math.floor(size.links / 4))
  const chainCount = Math.max(1, Math.floor(size.links / LINKS_A_CHAIN))
  const targetCount = Math.floor((size.links - copies - chainCount * CHAIN) / SOURCES)
  const sourceCount = Math.ceil(targetCount / TARGETS_A_SOURCE)
  const needed = 1 + copies + chainCount * (CHAIN + 1) + targetCount + sourceCount
  if (targetCount < 1 || needed > size.memories)
    throw new Error(`${size.links} links need at least ${needed} memories, and more than ${CHAIN} links`)
  const ids = Array.from({ length: size.memories }, (_, at) => memoryId((at * STRIDE) % size.memories))
  const all = ids.toSorted()
  const take = (count: number) => ids.splice(0, count)
  const [hub] = take(1) as [string]
  const links: [string, LinkType, string][] = take(copies).map(id => [id, 'shared_from', hub])
  const chains = Array.from({ length: chainCount }, () => {
    const chain = take(CHAIN + 1)
    links.push(...pairs(chain))
    return chain.at(-1)!
  })
  const [sources, targets] = [take(sourceCount), take(targetCount)]
  for (const [at, target] of targets.entries()) {
    const first = Math.floor(sources.length * fraction(at) ** 2)
    for (let index = 0; index < SOURCES; index++) {
      const type = index === 0 ? 'shared_from' : TYPES[index % TYPES.length]!
      links.push([target, type, sources[(first + index) % sources.length]!])
    }
  }
  await fill(store, filler => {
    const origin = new Map(links.flatMap(([id, type, from]) => (type === 'shared_from' ? [[id, from]] : [])))
    for (const id of all) filler.memory({ id }, origin.get(id) ?? null)
    for (const link of links.sort((a, b) => (a[0] < b[0] ? -1 : 1))) filler.link(...link)
  })
  return { links: links.length, hub, copies, chains, sources, targets }
}

/**
 * Memories that all carry a tag `shared-from=…` and have no link, as a tool without links would have left them, in a
 * store that was not looked through yet. By turns: a copy of one that is here; an imported one whose source was
 * imported too and is known by the id that it had elsewhere; and both once more with a source that is nowhere.
 */
export async function fillTagged(store: string, memories: number): Promise<void> {
  const rounds = memories / KINDS
  if (!Number.isInteger(rounds) || rounds < 2) throw new Error(`${memories} is no multiple of ${KINDS}`)
  await fill(store, filler => {
    for (let at = 0; at < memories; at++) {
      const [round, kind] = [Math.floor(at / KINDS), at % KINDS]
      const far = (round * STRIDE + 1) % rounds
      const other = (far === round ? (far + 1) % rounds : far) * KINDS + kind
      const [isHere, isImported] = [kind < 2, kind % 2 === 1]
      const known = isImported ? foreignId(String(other)) : memoryId(other)
      const source = isHere ? known : foreignId(`${at} nowhere`)
      const origin_tags = JSON.stringify(['imported', sharedFromTag(source)])
      const origin = isImported ? { origin_id: foreignId(String(at)), origin_tags } : {}
      filler.memory({ id: memoryId(at), ...origin }, source)
    }
  })
  using db = openBare(store)
  db.exec(`delete from settings where name like 'backfill.%'`)
}

/** A connection with the settings of a store's own, so that both work under the same conditions. */
export function openBare(file: string): BetterSqlite3.Database & Disposable {
  const db = new BetterSqlite3(file, { fileMustExist: true })
  for (const setting of [
    'journal_mode = WAL',
    'synchronous = FULL',
    'cache_size = -16000',
    'secure_delete = 1',
  ])
    db.pragma(setting)
  return Object.assign(db, { [Symbol.dispose]: () => void db.close() })
}

/** The first memory is the library's: the others have its columns, whatever these are in this build. */
async function fill(store: string, work: (filler: Filler) => void): Promise<void> {
  const memory = await openHeirloom({ store })
  await memory.remember({ content: 'The first memory of a store that is filled for a bench.' })
  await memory.close()
  using db = openBare(store)
  for (const setting of ['synchronous = OFF', 'foreign_keys = OFF', 'cache_size = -1000000'])
    db.pragma(setting)
  using filler = fillerFor(db)
  db.transaction(work)(filler)
}

function fillerFor(db: BetterSqlite3.Database): Filler {
  const first = db.prepare('select * from memories').get() as Row & Record<'tenant_id' | 'partition', string>
  const { tenant_id, owner_user_id, recorded_at, partition } = first
  const texts = textSource(1)
  const hashes = new Map<string, string>()
  const [memory, tag, link] = [inserter(db, 'memories'), inserter(db, 'memory_tags'), inserter(db, 'links')]
  return {
    memory: (changes, sharedFrom) => {
      const content = texts.next()
      const content_hash = sha256(content)
      const tags = sharedFrom === null ? [] : [sharedFromTag(sharedFrom)]
      memory({ ...first, content, content_hash, tags: JSON.stringify(tags), ...changes })
      for (const said of tags) tag({ tenant_id, tag: said, memory_id: changes.id })
      hashes.set(changes.id, content_hash)
    },
    link: (target_id, type, source) =>
      link({
        tenant_id,
        target_id,
        type,
        source_ref: source,
        source_tenant_id: tenant_id,
        source_id: source,
        source_hash: hashes.get(source) ?? null,
        source_label: null,
        source_owner: owner_user_id,
        source_deleted_at: null,
        only_source: takesOneSource(type) ? 1 : 0,
        target_partition: partition,
        created_at: recorded_at,
      }),
    [Symbol.dispose]: () => hashes.clear(),
  }
}

function inserter(db: BetterSqlite3.Database, table: string): (row: Row) => void {
  const columns = db.prepare('select name from pragma_table_info(?)').pluck().all(table) as string[]
  const values = columns.map(column => `@${column}`)
  const insert = db.prepare(`insert into ${table} values (${values.join(', ')})`)
  return row => void insert.run(row)
}

function pairs(chain: readonly string[]): [string, LinkType, string][] {
  return chain.slice(1).map((id, at) => [id, 'shared_from', chain[at]!])
}

/** A UUIDv7, one a second. */
function memoryId(at: number): string {
  const [time, rest] = [(1_700_000_000_000 + at * 1000).toString(16).padStart(12, '0'), sha256(String(at))]
  return `${time.slice(0, 8)}-${time.slice(8)}-7${rest.slice(0, 3)}-8${rest.slice(3, 6)}-${rest.slice(6, 18)}`
}

/** A UUIDv4, as other tools make them. */
function foreignId(about: string): string {
  const digits = sha256(`foreign ${about}`)
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(12, 15)}-8${digits.slice(15, 18)}-${digits.slice(18, 30)}`
}

/** From 0 to 1, the same for the same number everywhere. */
function fraction(at: number): number {
  return Number.parseInt(sha256(`fraction ${at}`).slice(0, 12), 16) / 2 ** 48
}
