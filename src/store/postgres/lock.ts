/**
 * The lock of a store on a server: an advisory lock of a session of its own, on which the work runs as well, so that
 * a lost session can change nothing more. In this process (PGlite) there is one session for all, so turns are the lock.
 */
import { hostname } from 'node:os'
import { sql } from 'kysely'
import type { LockOptions } from '../engine.ts'
import { Exclusive, type Holder, lockedBy, type Transact } from '../exclusive.ts'
import { type Pause, retry, type Turns } from '../waiting.ts'
import { PostgresConnection, type Session } from './connection.ts'

export interface LockRequest extends LockOptions {
  readonly schema: string
  readonly location: string
  readonly purpose: string
  readonly random: () => number
  readonly pause: Pause
}

/** Some ten minutes. */
const PATIENCE = { attempts: 2400, first: 5, longest: 250 }

/** What a session's name may take, in bytes. */
const NAME = 63

/** `transact` runs on the session that it is given. */
export async function underSessionLock<T>(
  session: Session,
  transact: Transact,
  { request, work }: { request: LockRequest; work: (held: Exclusive) => Promise<T> },
): Promise<T> {
  const { database } = new PostgresConnection(session)
  const { schema, location, purpose, wait = false, random, pause, signal } = request
  await session.script(`set application_name to '${nameFor(purpose)}'; set timezone to 'UTC'`)
  const attempt = async () => {
    const { rows } = await sql<{
      taken: boolean
    }>`select pg_try_advisory_lock(${keyOf(schema)}) as taken`.execute(database)
    if (rows[0]?.taken !== true) throw lockedBy(await holderOf(database, schema), location)
  }
  const again = (error: unknown) => (error as { code?: unknown }).code === 'LOCKED'
  await retry(attempt, { again, ...PATIENCE, ...(wait ? {} : { attempts: 1 }), random, pause, signal })
  const held = new Exclusive(transact)
  try {
    return await work(held)
  } finally {
    held.end()
    // The server takes its time to notice that a session has gone, and the next in line need not wait for that.
    await sql`select pg_advisory_unlock(${keyOf(schema)})`.execute(database).catch(() => undefined)
  }
}

/** As above, where nobody outside of this process can have the database. */
export function inTurn<T>(
  turns: Turns,
  transact: Transact,
  work: (held: Exclusive) => Promise<T>,
): Promise<T> {
  return turns.take(async () => {
    const held = new Exclusive(transact)
    try {
      return await work(held)
    } finally {
      held.end()
    }
  })
}

function keyOf(schema: string) {
  return sql`hashtextextended('heirloom lock ' || ${schema}::text, 0)`
}

/** The session's name tells those who are refused who has the lock. */
function nameFor(purpose: string): string {
  const name = `heirloom ${process.pid}@${hostname()}: ${purpose}`.replaceAll(/[^\x20-\x7e]|'/g, '')
  return name.slice(0, NAME)
}

async function holderOf(database: PostgresConnection['database'], schema: string): Promise<Holder | null> {
  const { rows } = await sql<{ name: string | null; since: string }>`
    select a.application_name as name, a.backend_start as since
    from pg_catalog.pg_locks as l join pg_catalog.pg_stat_activity as a on a.pid = l.pid
    where l.locktype = 'advisory' and l.granted and l.objsubid = 1
      and l.database = (select oid from pg_catalog.pg_database where datname = current_database())
      and ((l.classid::bigint << 32) | l.objid::bigint) = ${keyOf(schema)}`.execute(database)
  const [row] = rows
  const [, pid, host, purpose] = /^heirloom (\d+)@(.*?): (.*)$/.exec(row?.name ?? '') ?? []
  if (row === undefined || pid === undefined) return null
  return { pid: Number(pid), host: host ?? '', purpose: purpose ?? '', since: row.since }
}
