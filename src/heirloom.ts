/** The library: one typed method for each operation of the table. */
import type { z } from 'zod'
import type { Upgrade } from './evolve/upgrade.ts'
import { type Opened, type OpenOptions, openStore } from './open.ts'
import { OPERATIONS, type OperationName, type Operations } from './operations/index.ts'
import { callOperation, type Operation, type Progress } from './operations/operation.ts'

export interface CallOptions {
  /** Stops the call; on PostgreSQL also the statement that is running there. */
  readonly signal?: AbortSignal
  /** Called as a long operation comes along. */
  readonly progress?: (progress: Progress) => void
}

type InputOf<Name extends OperationName> = z.input<Operations[Name]['input']>
type OutputOf<Name extends OperationName> = z.output<Operations[Name]['output']>

type Methods = {
  readonly [Name in OperationName]: (input: InputOf<Name>, options?: CallOptions) => Promise<OutputOf<Name>>
}

/** An open store. Close it, or take it with `await using`. */
export interface Heirloom extends Methods, AsyncDisposable {
  /** What opening had to change, with its receipt; null where the store fitted this build. */
  readonly upgrade: Upgrade | null
  close(): Promise<void>
}

/**
 * Opens a store.
 * @throws HeirloomError STORE_UNAVAILABLE, NOT_A_STORE, NOT_INITIALISED, SCHEMA_OUTDATED, SCHEMA_TOO_NEW,
 * MIGRATION_FAILED or LOCKED, each with the remedy.
 */
export async function openHeirloom(options: OpenOptions): Promise<Heirloom> {
  return toHeirloom(await openStore(options))
}

export function toHeirloom({ store, upgrade, context }: Opened): Heirloom {
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= store.close()
    return closing
  }
  const methods = Object.fromEntries(
    Object.entries(OPERATIONS).map(([name, operation]) => [
      name,
      (input: object = {}, call: CallOptions = {}) =>
        callOperation(operation as unknown as Operation, input as never, context(call)),
    ]),
  ) as unknown as Methods
  return { ...methods, upgrade, close, [Symbol.asyncDispose]: close }
}
