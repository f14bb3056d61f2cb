/** The server on stdin and stdout. stdout carries protocol alone; everything else goes to stderr. */
import './schemas-once.ts'
import module from 'node:module'
import { parseArgs } from 'node:util'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { storeAddress } from '../../location.ts'
import type { ErrorCode } from '../../model/errors.ts'
import { type Opened, openStore } from '../../open.ts'
import { toFailure } from './failures.ts'
import { StoreKeeper } from './keeper.ts'
import { log, placesOf } from './log.ts'
import { mcpServers } from './server.ts'
import { stdioThatFinishes } from './stdio.ts'

const HELP = `Usage: heirloom mcp [--store <path or URL>] [--read-only]

Serves the store to an agent over the Model Context Protocol, on stdin and stdout.
  --store      the store; HEIRLOOM_STORE or the user's data directory otherwise
  --read-only  only recall, get, history and status

Example: heirloom mcp --store ~/memories.db
`

/** Ends when the client has closed stdin or the process is told to stop. */
export async function serveMcp(args: readonly string[]): Promise<void> {
  const said = readArguments(args)
  if (said === null) return
  const keeper = new StoreKeeper(() => open(said.store, said.readOnly))
  const opening = keeper.opened()
  const { transport, ended } = stdioThatFinishes()
  const handle = serveStdio(mcpServers({ opened: () => keeper.opened(), readOnly: said.readOnly }), {
    transport,
    onerror: error => log('protocol', placesOf(error), 40),
  })
  const over = Promise.race([ended, signalled()])
  const announced = announce(opening, over)
  await over
  await handle.close()
  await announced
  await keeper.close()
  if (keeper.failure !== null) process.exitCode = EXIT_CODES[toFailure(keeper.failure).code] ?? 1
  process.stdin.destroy()
}

function readArguments(args: readonly string[]): { store: string | undefined; readOnly: boolean } | null {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        store: { type: 'string' },
        'read-only': { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
    if (values.help) process.stdout.write(HELP)
    return values.help ? null : { store: values.store, readOnly: values['read-only'] ?? false }
  } catch (error) {
    process.stderr.write(`heirloom mcp: ${(error as Error).message}\n\n${HELP}`)
    process.exitCode = 2
    return null
  }
}

/**
 * A server that only reads makes and changes no store either; another fills derived parts while it answers, since hosts
 * give up on one that is slow to start.
 */
function open(said: string | undefined, readOnly: boolean) {
  const store = storeAddress(said, process.env)
  const { HEIRLOOM_EMBEDDER: embedder } = process.env
  return openStore({
    store,
    ...(embedder ? { embedder } : {}),
    mode: readOnly ? 'existing' : 'create',
    upgrade: readOnly ? 'never' : 'background',
    actor: 'agent',
  })
}

/** Counting waits until the client has its first answer. */
const COUNT_AFTER_MS = 100

/** Says which store is open and how much it holds, or why none is. */
async function announce(opening: Promise<Opened>, over: Promise<void>): Promise<void> {
  try {
    const { context, upgrade } = await opening
    if (upgrade !== null) {
      const { from, to, snapshot, receipt } = upgrade
      log('store moved to a newer schema', { from, to, snapshot: snapshot?.id, receipt })
    }
    await Promise.race([new Promise(resolve => setTimeout(resolve, COUNT_AFTER_MS)), over])
    const { countMemories } = await import('./call.ts')
    const { store, memories } = await countMemories(context())
    log('store opened', { store, memories })
    // Hosts end servers in ways that leave no time to keep what was compiled.
    module.flushCompileCache?.()
  } catch (error) {
    const { code, message } = toFailure(error)
    log('store not opened', { code, reason: message }, 50)
  }
}

/** Of a server that could never open its store. */
const EXIT_CODES: Partial<Record<ErrorCode, number>> = {
  SCHEMA_OUTDATED: 3,
  SCHEMA_TOO_NEW: 3,
  NOT_A_STORE: 3,
  NOT_INITIALISED: 3,
  STORE_BUSY: 3,
  STORE_READ_ONLY: 3,
  ACCESS_DENIED: 3,
  INVALID_INPUT: 2,
}

function signalled(): Promise<void> {
  return new Promise(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve())
  })
}
