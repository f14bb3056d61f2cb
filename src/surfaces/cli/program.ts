import { createRequire } from 'node:module'
import { Command, CommanderError } from 'commander'
import { HeirloomError } from '../../model/errors.ts'
import { isOperation, LOADERS } from '../../operations/loaders.ts'
import type { Operation } from '../../operations/operation.ts'
import { addArguments } from './arguments.ts'
import type { ExitCode } from './exit-codes.ts'
import { type Globals, runVerb } from './verb.ts'

/** The verbs that a command line may be about. */
type Table = Readonly<Record<string, Operation>>

/** The one operation that is named at the start, or else all of them, to explain or to suggest. */
async function tableFor(args: readonly string[]): Promise<Table> {
  const [first = ''] = args
  if (['-V', '--version'].includes(first)) return {}
  const names = isOperation(first) ? [first] : (Object.keys(LOADERS) as (keyof typeof LOADERS)[])
  const operations = await Promise.all(names.map(name => LOADERS[name]()))
  return Object.fromEntries(operations.map(operation => [operation.name, operation as unknown as Operation]))
}

const UPKEEP = new Set(['init', 'status', 'doctor', 'journal', 'project'])

const PURPOSES = [
  'Keep and change:',
  'Find and read:',
  'Take out of recall:',
  'Look after the store:',
] as const

const NOTES = `
Where the store is: --store, else HEIRLOOM_STORE, else a file in your data folder ("heirloom status" says which).
An address is a path, sqlite:<path>, postgres://user@host/database?schema=name, pglite:<folder> or memory:
A text can come from standard input: write - in its place.
Exit codes: 0 ok, 1 failure, 2 usage, 3 refused (schema, lock, access), 4 problems found, 130 interrupted.

Example:
  heirloom remember "The staging API listens on port 8080" --project apollo
  heirloom recall "which port does staging use"`

/** The whole command line. Of the verbs only the one that is called gets its arguments: the rest would cost time. */
export async function makeProgram(args: readonly string[], end: (code: ExitCode) => void): Promise<Command> {
  const table = await tableFor(args)
  const program = new Command('heirloom')
    .description('One durable memory store for AI agents and the people who work with them.')
    .usage('<verb> [arguments] [options]')
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .configureHelp({ showGlobalOptions: true, helpWidth: process.stdout.columns || 100 })
    .option('--store <address>', 'The store to work on.')
    .option('--json', 'Print the answer as JSON; errors too, on stderr.')
    .option('--no-color', 'Print without colours, as NO_COLOR=1 does.')
    .option('--quiet', 'No progress and no remarks on stderr.')
    .option('-V, --version', 'Print the version.')
    .on('option:version', sayVersion)
    .helpOption('-h, --help', 'Explain the program or a verb.')
    .addHelpText('after', NOTES)
    .hook('preSubcommand', (_program, verb) => complete(table, { verb, program, end }))
  for (const purpose of PURPOSES) {
    for (const operation of Object.values(table).filter(operation => purposeOf(operation) === purpose)) {
      program.command(operation.name).helpGroup(purpose).description(operation.summary)
    }
  }
  addMcp(program)
  return program.addHelpCommand(
    new Command('help')
      .argument('[verb]')
      .description('Explain a verb.')
      .helpGroup('Help:')
      .helpOption(false),
  )
}

function purposeOf({ name, effects }: Operation): (typeof PURPOSES)[number] {
  if (UPKEEP.has(name)) return 'Look after the store:'
  if (effects === 'destructive') return 'Take out of recall:'
  return effects === 'read' ? 'Find and read:' : 'Keep and change:'
}

function sayVersion(): never {
  const { version } = createRequire(import.meta.url)('heirloom/package.json') as { version: string }
  process.stdout.write(`${version}\n`)
  throw new CommanderError(0, 'commander.version', version)
}

interface Called {
  readonly verb: Command
  readonly program: Command
  readonly end: (code: ExitCode) => void
}

function complete(table: Table, { verb, program, end }: Called): void {
  const operation = table[verb.name()]
  if (operation === undefined) return
  const toInput = addArguments(verb, operation)
  verb
    .addHelpText('after', `\nExample:\n  heirloom ${operation.example}`)
    .action(async () => end(await runVerb(operation, await toInput(), program.opts<Globals>())))
}

/** The MCP server is started before the command line is loaded; here it only shows in the help. */
function addMcp(program: Command): void {
  program
    .command('mcp')
    .helpGroup('Connect an agent:')
    .description('Serve the store to an agent over MCP, on standard input and output.')
    .addHelpText('after', '\nExample:\n  heirloom mcp --store ~/memories.db')
    .action(() => {
      throw new HeirloomError('INVALID_INPUT', 'mcp: write the verb first: heirloom mcp --store <address>')
    })
}
