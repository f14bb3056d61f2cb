/** Fresh stores for benches, one after the other, on the engine that an address names; all are gone afterwards. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { type Heirloom, openHeirloom } from '../src/index.ts'
import type { OpenOptions } from '../src/open.ts'

export interface BenchStores extends AsyncDisposable {
  readonly engine: string
  /** A store with nothing in it. */
  open(): Promise<Heirloom>
  /** The last store that was opened, again. */
  reopen(): Promise<Heirloom>
  /** Where the last store that was opened is. */
  address(): string
}

/** What their first space is made with, where it is not the default. */
export type BenchStoreOptions = Pick<OpenOptions, 'embedder'>

/** `sqlite` (files, the default), `memory:`, `pglite:`, or the URL of a PostgreSQL database to make schemas in. */
export async function benchStores(address = 'sqlite', options: BenchStoreOptions = {}): Promise<BenchStores> {
  if (/^postgres(ql)?:/.test(address)) return serverStores(address, options)
  if (!['sqlite', 'memory:', 'pglite:'].includes(address)) {
    throw new Error(
      `--store ${address}: benches make stores of their own; say sqlite, memory:, pglite: or postgres://…`,
    )
  }
  const folder = mkdtempSync(join(tmpdir(), 'heirloom-bench-'))
  let count = 0
  let last = ''
  return {
    engine: address.replace(':', ''),
    open: () => {
      last = address === 'sqlite' ? join(folder, `${++count}.db`) : address
      return openHeirloom({ ...options, store: last })
    },
    reopen: () => openHeirloom({ store: last, mode: 'existing' }),
    address: () => last,
    [Symbol.asyncDispose]: async () => rmSync(folder, { recursive: true, force: true }),
  }
}

async function serverStores(address: string, options: BenchStoreOptions): Promise<BenchStores> {
  const schemas: string[] = []
  const addressOf = (schema: string) => {
    const url = new URL(address)
    url.searchParams.set('schema', schema)
    return url.href
  }
  return {
    engine: 'postgres',
    open: () => {
      const schema = `heirloom_bench_${process.pid}_${schemas.length}`
      schemas.push(schema)
      return openHeirloom({ ...options, store: addressOf(schema), mode: 'initialise' })
    },
    reopen: () => openHeirloom({ store: addressOf(schemas.at(-1) ?? '') }),
    address: () => addressOf(schemas.at(-1) ?? ''),
    [Symbol.asyncDispose]: async () => {
      const client = new pg.Client(address)
      await client.connect()
      for (const schema of schemas) await client.query(`drop schema if exists ${schema} cascade`)
      await client.end()
    },
  }
}
