import { createRequire } from 'node:module'
import { Command, CommanderError } from 'commander'
import { HeirloomError } from '../../model/errors.ts'
import type { OperationName } from '../../operations/index.ts'
import { type GroupName, isOperation, LOADERS, operationsOf, wordsOf } from '../../operations/loaders.ts'
import type { Operation } from '../../operations/operation.ts'
import { addArguments } from './arguments.ts'
import type { ExitCode } from './exit-codes.ts'
import { type Globals, runVerb } from './verb.ts'

/** The verbs that a command line may be about. */
type Table = Readonly<Record<string, Operation>>

/** The one operation that is named at the start, or its group, or else all of them, to explain or to suggest. */
async function tableFor(args: readonly string[]): Promise<Table> {
  if (['-V', '--version'].includes(args[0] ?? '')) return {}
  const operations = await Promise.all(namesFor(args).map(name => LOADERS[name]()))
  return Object.fromEntries(operations.map(operation => [operation.name, operation as unknown as Operation]))
}

function namesFor([first = '', second = '']: readonly string[]): readonly OperationName[] {
  if (isOperation(first)) return [first]
  const group = operationsOf(first)
  if (group.length === 0) return Object.keys(LOADERS) as OperationName[]
  const named = group.filter(name => wordsOf(name)[1] === second)
  if (named.length > 0) return named
  const { usual } = GROUPS[first as GroupName]
  return usual === undefined || second === '' || second.startsWith('-') ? group : [usual]
}

const UPKEEP = new Set([
  'embed',
  'init',
  'migrate',
  'status',
  'doctor',
  'digest',
  'runs',
  'journal',
  'project',
])

const PURPOSES = [
  'Keep and change:',
  'Find and read:',
  'Take out of recall:',
  'Look after the store:',
] as const

type Purpose = (typeof PURPOSES)[number]

interface Group {
  readonly purpose: Purpose
  readonly summary: string
  /** What is meant where none of its verbs is named. */
  readonly usual?: OperationName
}

/** What the verbs of a group are about, each beginning with the same word. */
const GROUPS: Readonly<Record<GroupName, Group>> = {
  entity: {
    purpose: 'Keep and change:',
    summary: 'Things with a name that memories tell of: make, show, find, change them, and make two one.',
  },
  graph: {
    purpose: 'Find and read:',
    summary:
      'How things relate: what one contains, where it is used, what it rests on, what lacks something.',
    usual: 'graph_show',
  },
  snapshot: {
    purpose: 'Look after the store:',
    summary: 'Copies of the store: take, check, compare, bring back and clear them out.',
  },
  space: {
    purpose: 'Look after the store:',
    summary: 'Embedding spaces: what gives memories their meaning, and how far each is filled.',
  },
  import: {
    purpose: 'Keep and change:',
    summary: 'Take over what other tools remember.',
  },
  backfill: {
    purpose: 'Look after the store:',
    summary: 'Add to older rows what a store did not know of when they came.',
  },
}

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
    .hook('preSubcommand', (_program, verb) => complete(table[verb.name()], { verb, program, end }))
  for (const purpose of PURPOSES) {
    for (const operation of Object.values(table).filter(operation => purposeOf(operation) === purpose)) {
      const [verb, inGroup] = wordsOf(operation.name)
      const parent = inGroup === undefined ? program : groupOf(program, verb as GroupName)
      // Alone the name of a group gives its help.
      const isUsual = inGroup !== undefined && GROUPS[verb as GroupName].usual === operation.name
      const isDefault = isUsual && args.length > 1
      const command = parent.command(inGroup ?? verb, { isDefault }).description(operation.summary)
      if (inGroup === undefined) command.helpGroup(purpose)
    }
  }
  for (const group of program.commands.filter(({ commands }) => commands.length > 0)) {
    const operationOf = (verb: Command) => table[`${group.name()}_${verb.name().replaceAll('-', '_')}`]
    group.hook('preSubcommand', (_group, verb) => complete(operationOf(verb), { verb, program, end }))
    explainGroup(group)
  }
  addMcp(program)
  return program.addHelpCommand(
    new Command('help')
      .argument('[verb...]')
      .description('Explain a verb.')
      .helpGroup('Help:')
      .helpOption(false),
  )
}

/** The command that holds the verbs of a group, made when its first verb comes. */
function groupOf(program: Command, name: GroupName): Command {
  const found = program.commands.find(command => command.name() === name)
  if (found !== undefined) return found
  const { purpose, summary } = GROUPS[name]
  return program
    .command(name)
    .helpGroup(purpose)
    .description(summary)
    .usage('<verb> [arguments] [options]')
    .helpCommand(false)
}

/** What a group says when no verb of it is named: its help, or which verbs there are. */
function explainGroup(group: Command): void {
  const name = group.name()
  const verbs = operationsOf(name).map(operation => wordsOf(operation)[1])
  group
    .addHelpText('after', `\nWhat a verb takes:\n  heirloom ${name} ${verbs[0]} --help`)
    // What is no verb must reach the action, which knows them all.
    .allowExcessArguments()
    .allowUnknownOption()
    .action(() => {
      const [unknown] = group.args
      if (unknown === undefined) return group.outputHelp()
      throw new HeirloomError(
        'INVALID_INPUT',
        `${name}: there is no verb "${unknown}". There are: ${verbs.join(', ')}. See: heirloom ${name} --help`,
      )
    })
}

function purposeOf({ name, effects }: Operation): Purpose {
  const [group, inGroup] = wordsOf(name)
  if (inGroup !== undefined) return GROUPS[group as GroupName].purpose
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

function complete(operation: Operation | undefined, { verb, program, end }: Called): void {
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
