/** Sessions of a PostgreSQL server, from a pool of ours or of the caller. */
import pg from 'pg'
import { PARSERS, type Session } from './connection.ts'
import type { Sessions } from './engine.ts'

export interface ServerOptions {
  readonly url: string
  readonly maxConnections: number
}

export function openPool({ url, maxConnections }: ServerOptions): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: maxConnections, connectionTimeoutMillis: 10_000 })
  // An idle connection that the server ends must not end the process; the next query opens another.
  pool.on('error', () => undefined)
  return pool
}

export function poolSessions(pool: pg.Pool, options: { ours: boolean }): Sessions {
  return {
    acquire: () => serverSession(pool),
    dedicated: () => dedicatedSession(pool),
    close: async () => {
      if (options.ours) await pool.end()
    },
  }
}

async function serverSession(pool: pg.Pool): Promise<Session> {
  const client = await pool.connect()
  // The statement that was running is told; without a listener the process would end as well.
  const ignore = () => undefined
  client.on('error', ignore)
  const release = (error?: unknown) => {
    client.off('error', ignore)
    client.release(error !== undefined)
  }
  return sessionOf(client, { pool, release })
}

/** A connection beside the pool, which may be used up; releasing ends it. */
async function dedicatedSession(pool: pg.Pool): Promise<Session> {
  const client = new pg.Client({ ...pool.options, password: pool.options.password })
  client.on('error', () => undefined)
  await client.connect()
  return sessionOf(client, { pool, release: () => void client.end().catch(() => undefined) })
}

function sessionOf(
  client: pg.ClientBase,
  { pool, release }: { pool: pg.Pool; release: Session['release'] },
): Session {
  return {
    async script(text) {
      await client.query(text)
    },
    async query(text, values) {
      const result = await client.query({ text, values: [...values], types: { getTypeParser } })
      return { rows: result.rows, affected: result.command === 'SELECT' ? null : result.rowCount }
    },
    cancel: () => cancelBackend(pool, client),
    release,
  }
}

function getTypeParser(type: number, format?: unknown): unknown {
  return PARSERS[type] ?? pg.types.getTypeParser(type, format as 'text')
}

/** A connection of its own: the pool may be used up by the very queries that are to be stopped. */
async function cancelBackend(pool: pg.Pool, client: pg.ClientBase): Promise<void> {
  const { processID } = client as unknown as { processID: number }
  const control = new pg.Client({ ...pool.options, password: pool.options.password })
  await control.connect()
  try {
    await control.query('select pg_cancel_backend($1)', [processID])
  } finally {
    await control.end()
  }
}
