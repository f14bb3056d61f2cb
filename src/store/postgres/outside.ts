/** Statements that the server allows in no transaction, such as those that build an index while others write. */
import { mustNotBeAborted } from '../waiting.ts'
import type { Session } from './connection.ts'

/** Runs statements one by one, each by itself, on a session that is theirs alone. */
export type Outside = (statements: readonly string[], signal: AbortSignal | undefined) => Promise<void>

/** `schema` is quoted where it has to be. */
export function outsideOf(dedicated: () => Promise<Session>, schema: string): Outside {
  return async (statements, signal) => {
    mustNotBeAborted(signal)
    const session = await dedicated()
    const cancel = () => void session.cancel().catch(() => undefined)
    signal?.addEventListener('abort', cancel, { once: true })
    try {
      for (const statement of [`set search_path to ${schema}`, ...statements]) {
        mustNotBeAborted(signal)
        await session.script(statement)
      }
    } finally {
      signal?.removeEventListener('abort', cancel)
      session.release()
    }
  }
}
