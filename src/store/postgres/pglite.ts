/** Sessions of PGlite: PostgreSQL compiled to WebAssembly, in this process, with a single connection. */
import type { Extension } from '@electric-sql/pglite'
import { HeirloomError } from '../../model/errors.ts'
import { Turns } from '../waiting.ts'
import { PARSERS, type Session } from './connection.ts'

/** What is used of PGlite, so that its package stays optional also for the compiler. */
export interface Pglite {
  exec(text: string): Promise<unknown>
  query(
    text: string,
    parameters: unknown[],
    options: { parsers: Record<number, (text: string) => unknown> },
  ): Promise<{ rows: unknown[]; fields: unknown[]; affectedRows?: number }>
  close(): Promise<void>
}

/** Opens a data folder, or memory where none is named. */
export async function openPglite(folder: string | null): Promise<Pglite> {
  const { PGlite } = await import('@electric-sql/pglite').catch((cause: unknown) => {
    throw new HeirloomError(
      'UNSUPPORTED',
      'pglite: needs its package. Run: npm install @electric-sql/pglite',
      { cause },
    )
  })
  const options = { extensions: await vectorExtension() }
  return folder === null ? PGlite.create(options) : PGlite.create(folder, options)
}

/** Without its package recall goes by words alone, also in a folder that was used with it. */
async function vectorExtension(): Promise<Record<string, Extension>> {
  try {
    const { vector } = await import('@electric-sql/pglite-pgvector')
    return { vector }
  } catch {
    return {}
  }
}

/** Stores on one instance share its connection, so they take turns with each other too. */
const turnsOn = new WeakMap<Pglite, Turns>()

/** Hands out the one connection in turn. */
export class PgliteSessions {
  readonly #pglite: Pglite
  readonly #turns: Turns

  constructor(pglite: Pglite) {
    this.#pglite = pglite
    this.#turns = turnsOn.get(pglite) ?? new Turns()
    turnsOn.set(pglite, this.#turns)
  }

  acquire(): Promise<Session> {
    return new Promise((resolve, reject) => {
      const held = this.#turns.take(
        () => new Promise<void>(release => resolve(pgliteSession(this.#pglite, release))),
      )
      held.catch(reject)
    })
  }
}

function pgliteSession(pglite: Pglite, release: () => void): Session {
  return {
    async script(text) {
      await pglite.exec(text)
    },
    async query(text, parameters) {
      const result = await pglite.query(text, [...parameters], { parsers: { ...PARSERS } })
      const selects = result.fields.length > 0
      return { rows: result.rows, affected: selects ? null : (result.affectedRows ?? 0) }
    },
    async cancel() {
      // A statement runs to its end on this thread; the next one is refused.
    },
    release,
  }
}
