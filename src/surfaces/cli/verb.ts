import { storeAddress } from '../../location.ts'
import { HeirloomError } from '../../model/errors.ts'
import { type Opened, openStore } from '../../open.ts'
import { callOperation, mustAccept, type Operation } from '../../operations/operation.ts'
import { type ExitCode, verdictOn } from './exit-codes.ts'
import { whileInterruptible } from './interrupt.ts'
import { watchProgress } from './progress.ts'
import { render } from './render.ts'
import { inkFor } from './terminal.ts'

/** The options that every verb takes. */
export interface Globals {
  readonly store?: string
  readonly json?: boolean
  readonly quiet?: boolean
}

/** Opens the store, calls the operation, prints its answer. */
export async function runVerb(
  operation: Operation,
  input: Record<string, unknown>,
  globals: Globals,
): Promise<ExitCode> {
  // Before the store is opened, since opening may make it.
  mustAccept(operation, input)
  const opened = await open(operation, globals)
  try {
    const output = await call(operation, input, opened, globals)
    process.stdout.write(
      globals.json ? toJson(output) : `${await render(operation.name, output, inkFor(process.stdout))}\n`,
    )
    return verdictOn(operation.name, output)
  } finally {
    await opened.store.close()
  }
}

function open(operation: Operation, { store }: Globals): Promise<Opened> {
  if (store === '') throw new HeirloomError('INVALID_INPUT', '--store: name a path or a URL.')
  const session = process.env.HEIRLOOM_SESSION
  return openStore({
    store: storeAddress(store, process.env),
    mode: operation.name === 'init' ? 'initialise' : operation.opens,
    actor: 'person',
    client: 'cli',
    ...(session ? { session } : {}),
  })
}

// A mistyped address would otherwise begin an empty store beside the one that is meant.
function sayWhatWasMade({ name }: Operation, { store, context }: Opened): void {
  if (name === 'init' || !context().created) return
  process.stderr.write(`Made a new store at ${store.engine.location}\n`)
}

function call(
  operation: Operation,
  input: Record<string, unknown>,
  opened: Opened,
  globals: Globals,
): Promise<unknown> {
  return whileInterruptible(async signal => {
    if (!globals.json && !globals.quiet) sayWhatWasMade(operation, opened)
    const progress = watchProgress(process.stderr.isTTY && !globals.quiet)
    try {
      return await callOperation(operation, input, opened.context({ signal, progress: progress.report }))
    } finally {
      await progress.stop()
    }
  })
}

function toJson(output: unknown): string {
  return `${JSON.stringify(output, null, process.stdout.isTTY ? 2 : 0)}\n`
}
