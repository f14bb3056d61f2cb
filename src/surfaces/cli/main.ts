/**
 * The command line. Results go to stdout and everything else to stderr; every verb is made from the table of
 * operations, and every text from a store is shown without its control characters.
 */
import { type Command, CommanderError } from 'commander'
import { HeirloomError } from '../../model/errors.ts'
import { isOperation, operationsOf, wordsOf } from '../../operations/loaders.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { printable } from './printable.ts'
import { makeProgram } from './program.ts'
import { coloursFor } from './terminal.ts'

/** Runs one command line, without the program's name. The answer is the process's exit code, printed output, or both. */
export async function runCli(args: readonly string[]): Promise<void> {
  leaveQuietlyWhenNobodyReads()
  const program = await makeProgram(args, code => {
    process.exitCode = code
  })
  try {
    if (args.length === 0) program.outputHelp()
    else await program.parseAsync(withoutHelpVerb(args, program), { from: 'user' })
  } catch (error) {
    process.exitCode = tell(error, args)
  }
}

/** `help <verb>` as `<verb> --help`, which is where a verb gets its arguments. */
function withoutHelpVerb(args: readonly string[], { commands }: Command): readonly string[] {
  const [first, verb, inGroup] = args
  if (first !== 'help') return args
  if (verb === undefined) return ['--help']
  const command = commands.find(known => known.name() === verb)
  if (command === undefined) return [verb]
  if (inGroup === undefined || command.commands.length === 0) return [verb, '--help']
  return command.commands.some(known => known.name() === inGroup)
    ? [verb, inGroup, '--help']
    : [verb, inGroup]
}

/** `heirloom list | head -1` closes the pipe early; that is no failure of ours. */
function leaveQuietlyWhenNobodyReads(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
  }
}

type Refusal = Pick<HeirloomError, 'code' | 'message'>

function tell(error: unknown, args: readonly string[]): ExitCode {
  if (error instanceof CommanderError && error.exitCode === 0) return 0
  const { code, message } = inWords(toRefusal(error, args))
  if (args.includes('--json')) process.stderr.write(`${JSON.stringify({ error: { code, message } })}\n`)
  else process.stderr.write(`${coloursFor(process.stderr).red('heirloom:')} ${printable(message)}\n`)
  if (process.env.HEIRLOOM_DEBUG === '1' && error instanceof Error) {
    process.stderr.write(`${printable(error.stack ?? '')}\n`)
  }
  return EXIT[code]
}

/** A refusal begins with the operation's name, of which people know the words. */
function inWords({ code, message }: Refusal): Refusal {
  const words = (name: string) => (isOperation(name) ? wordsOf(name).join(' ') : name)
  return { code, message: message.replace(/^[a-z]+_[a-z_]+(?=: )/, words) }
}

function toRefusal(error: unknown, args: readonly string[]): Refusal {
  if (error instanceof CommanderError) return { code: 'INVALID_INPUT', message: usageMessage(error, args) }
  if (error instanceof HeirloomError && error.code !== 'INTERNAL') return error
  const what = error instanceof Error ? error.message : String(error)
  const hint = 'This is a mistake of Heirloom. HEIRLOOM_DEBUG=1 shows where; please report it.'
  return { code: 'INTERNAL', message: `INTERNAL: ${what.split('\n')[0]}. ${hint}` }
}

function usageMessage({ code, message }: CommanderError, args: readonly string[]): string {
  const said = message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ')
  if (code === 'commander.unknownCommand') return `${said}. All verbs: heirloom --help`
  if (code === 'commander.unknownOption' && args.some(arg => /^-.*\s/s.test(arg))) {
    return `${said}. Put -- before a text that begins with a dash.`
  }
  if (code === 'commander.excessArguments') return `${said} Put a text of several words in quotes.`
  const [verb, inGroup] = args.filter(arg => /^[a-z]+$/.test(arg))
  const words = verb !== undefined && operationsOf(verb).length > 0 ? [verb, inGroup] : [verb]
  return `${said}. See: ${['heirloom', ...words.filter(word => word !== undefined), '--help'].join(' ')}`
}
