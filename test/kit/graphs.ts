/** Memories and links by the thousand, past every rule, and what is stored of links. */
import { createHash } from 'node:crypto'
import { takesOneSource } from '../../src/model/link.ts'
import type { Row, TestStore } from './engines.ts'

export interface Triple {
  readonly target: string
  readonly type: string
  readonly source: string
}

type Sql = Pick<TestStore, 'memory' | 'raw'>

/** Rows a statement. */
const BATCH = 1000

/** Every link, by target, type and source. */
export function linkRows({ raw }: Pick<TestStore, 'raw'>): Promise<Row[]> {
  return raw('select * from links order by target_id, type, source_ref')
}

/** Memories that differ from a given one in id and text alone. Nothing but their own rows is made. */
export async function insertMemories(store: Sql, like: string, count: number): Promise<string[]> {
  const [template = {}] = await store.raw(`select * from memories where id = '${like}'`)
  const columns = Object.keys(template).map(name => `"${name}"`)
  const own: Record<string, string> = {
    '"id"': (await isPostgres(store)) ? 'cast(v.id as uuid)' : 'v.id',
    '"content"': 'v.content',
    '"content_hash"': 'v.hash',
  }
  const values = columns.map(column => own[column] ?? `m.${column}`).join(', ')
  const ids = Array.from({ length: count }, (_, index) => numbered(index))
  await inBatches(ids, async (batch, start) => {
    const rows = batch.map((id, index) => {
      const content = `memory number ${start + index}`
      return `('${id}', '${content}', '${createHash('sha256').update(content).digest('hex')}')`
    })
    await store.raw(`with v (id, content, hash) as (values ${rows.join(', ')})
      insert into memories (${columns.join(', ')}) select ${values} from v, memories as m where m.id = '${like}'`)
  })
  return ids
}

/** Of the id that `insertMemories` gives to the one with this number. */
export function numbered(index: number): string {
  return `01900000-0000-7000-9000-${index.toString(16).padStart(12, '0')}`
}

/** Links between memories that are there. */
export async function insertLinks(store: Sql, links: readonly Triple[]): Promise<void> {
  const [{ tenant = '' } = {}] = await store.raw('select tenant_id as tenant from tenants')
  await inBatches(links, async batch => {
    const rows = batch.map(({ target, type, source }) => {
      const one = takesOneSource(type as never) ? 1 : 0
      return `('${tenant}', '${target}', '${type}', '${source}', '${tenant}', '${source}', ${one}, 'shared/note', '2026-01-01T00:00:00.000Z')`
    })
    await store.raw(`insert into links (tenant_id, target_id, type, source_ref, source_tenant_id, source_id,
      only_source, target_partition, created_at) values ${rows.join(', ')}`)
  })
}

/** A user beside the one who owns what is remembered, made where there is none yet. */
export async function otherUser({ raw }: Pick<TestStore, 'raw'>): Promise<string> {
  const other = '01900000-0000-7000-8000-0000000000ee'
  const known = await raw(`select id from users where id = '${other}'`)
  if (known.length === 0) {
    const [user = {}] = await raw('select * from users')
    const columns = Object.keys(user)
    const own: Record<string, string> = { id: `'${other}'`, handle: `'somebody-else'` }
    const values = columns.map(column => own[column] ?? column).join(', ')
    await raw(`insert into users (${columns.join(', ')}) select ${values} from users`)
  }
  return other
}

/** Another user's from now on. */
export async function giveAway({ raw }: Pick<TestStore, 'raw'>, id: string): Promise<void> {
  const other = await otherUser({ raw })
  await raw(`update memories set owner_user_id = '${other}' where id = '${id}'`)
}

async function isPostgres({ memory }: Sql): Promise<boolean> {
  return (await memory.status({})).engine === 'postgres'
}

async function inBatches<T>(all: readonly T[], work: (batch: readonly T[], start: number) => Promise<void>) {
  for (let start = 0; start < all.length; start += BATCH) await work(all.slice(start, start + BATCH), start)
}
