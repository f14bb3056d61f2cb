import { storeAddress } from '../../location.ts'
import { HeirloomError } from '../../model/errors.ts'
import { type Opened, type OpenOptions, openStore, standBeside } from '../../open.ts'
import { callOperation, mustAccept, type Operation, type Progress } from '../../operations/operation.ts'
import { type ExitCode, verdictOn } from './exit-codes.ts'
import { whileInterruptible } from './interrupt.ts'
import { printable } from './printable.ts'
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
  const progress = watchProgress(process.stderr.isTTY && !globals.quiet)
  return whileInterruptible(async signal => {
    const opened = await open(operation, globals, progress.report).finally(progress.stop)
    try {
      if (!globals.json && !globals.quiet) sayWhatOpeningDid(operation, opened)
      const output = await callOperation(
        operation,
        input,
        opened.context({ signal, progress: progress.report }),
      ).finally(progress.stop)
      process.stdout.write(
        globals.json ? toJson(output) : `${await render(operation.name, output, inkFor(process.stdout))}\n`,
      )
      return verdictOn(operation.name, output)
    } finally {
      if ('store' in opened) await opened.store.close()
    }
  })
}

type AnyOpened = Opened | Pick<Opened, 'context'>

async function open(
  operation: Operation,
  { store }: Globals,
  progress: (progress: Progress) => void,
): Promise<AnyOpened> {
  if (store === '') throw new HeirloomError('INVALID_INPUT', '--store: name a path or a URL.')
  const { HEIRLOOM_SESSION: session, HEIRLOOM_EMBEDDER: embedder } = process.env
  const options: OpenOptions = {
    store: storeAddress(store, process.env),
    actor: 'person',
    client: 'cli',
    progress,
    ...(session ? { session } : {}),
    ...(embedder ? { embedder } : {}),
  }
  if (operation.opens === 'nothing') return standBeside(options)
  return openStore({ ...options, mode: operation.name === 'init' ? 'initialise' : operation.opens })
}

function sayWhatOpeningDid({ name }: Operation, opened: AnyOpened): void {
  if (!('store' in opened)) return
  const { location } = opened.store.engine
  // A mistyped address would otherwise begin an empty store beside the one that is meant.
  if (name !== 'init' && opened.context().created) process.stderr.write(`Made a new store at ${location}\n`)
  if (opened.upgrade === null) return
  const { from, to, memories, snapshot, receipt } = opened.upgrade
  const before = from === 0 ? 'tables without a version' : `schema ${from}`
  const copy = snapshot === null ? '' : ` The snapshot of before: ${snapshot.id} in ${snapshot.folder}.`
  process.stderr.write(
    printable(
      `Moved ${location} from ${before} to ${to}; all ${memories} memories are there.${copy} Receipt: ${receipt}\n`,
    ),
  )
}

function toJson(output: unknown): string {
  return `${JSON.stringify(output, null, process.stdout.isTTY ? 2 : 0)}\n`
}
