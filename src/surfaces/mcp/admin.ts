/** The dispatcher for operations without a tool of their own: lists them, explains one, runs one. */
import { HeirloomError } from '../../model/errors.ts'
import type { Operation } from '../../operations/operation.ts'
import { parsed } from './arguments.ts'
import { ADMIN_OPERATIONS, operationOf, takenBy } from './tools.ts'

export type AdminRequest =
  | { readonly kind: 'text'; readonly text: string; readonly notices: readonly string[] }
  | {
      readonly kind: 'call'
      readonly operation: Operation
      readonly given: Record<string, unknown>
      readonly confirmed: boolean
    }

const OPERATION_NAMES = ['operation', 'op', 'action', 'command', 'name']
const ARGUMENT_NAMES = ['arguments', 'args', 'params', 'parameters', 'input']

/**
 * What the dispatcher is asked for. Arguments beside `operation` count as the operation's own, as models send them.
 * @throws INVALID_INPUT for an operation that there is not.
 */
export function readAdmin(given: Readonly<Record<string, unknown>>): AdminRequest {
  const rest = { ...given }
  const named = take(rest, OPERATION_NAMES)
  const { confirm, ...beside } = rest
  const inside = parsed(take(beside, ARGUMENT_NAMES) ?? {}, '{')
  if (typeof inside !== 'object' || inside === null || Array.isArray(inside)) {
    throw new HeirloomError(
      'INVALID_INPUT',
      'admin: arguments is not an object. Write it as {"project": "apollo"}.',
    )
  }
  const all: Record<string, unknown> = { ...beside, ...inside }
  const name = typeof named === 'string' ? named.trim().toLowerCase() : ''
  if (name === '' || name === 'list_operations') return explain(listing(), Object.keys(all))
  const [first, second] = name.split(/\s+/)
  if (first === 'help') {
    const about = second ?? take(all, OPERATION_NAMES)
    return explain(about === undefined ? listing() : helpOn(mustFind(String(about))), [])
  }
  const operation = mustFind(name)
  if (second === 'help' || all.help === true || confirm === 'help') return explain(helpOn(operation), [])
  return { kind: 'call', operation, given: all, confirmed: confirm === true || confirm === 'true' }
}

function take(from: Record<string, unknown>, names: readonly string[]): unknown {
  const name = names.find(candidate => from[candidate] !== undefined && from[candidate] !== null)
  if (name === undefined) return undefined
  const value = from[name]
  delete from[name]
  return value
}

function explain(text: string, unused: readonly string[]): AdminRequest {
  const notices =
    unused.length === 0
      ? []
      : [`Arguments not used, since no operation was named: ${unused.join(', ').slice(0, 200)}.`]
  return { kind: 'text', text, notices }
}

function mustFind(name: string): Operation {
  const operation = operationOf(name.split(/\s+/)[0] ?? '')
  if (operation !== null) return operation
  const known = ADMIN_OPERATIONS.map(one => one.name).join(', ')
  throw new HeirloomError(
    'INVALID_INPUT',
    `admin: there is no operation ${JSON.stringify(name.slice(0, 40))}. There are: ${known}.`,
  )
}

function listing(): string {
  const lines = ADMIN_OPERATIONS.map(
    ({ name, summary, effects }) =>
      `- ${name}: ${summary}${effects === 'destructive' ? ' Needs confirm: true.' : ''}`,
  )
  return [
    'Operations:',
    ...lines,
    'What one takes: {"operation": "help", "arguments": {"operation": "list"}}',
  ].join('\n')
}

function helpOn(operation: Operation): string {
  const lines = [...takenBy(operation)].map(([name, form]) => {
    const type = form.kind === 'array' ? 'list' : form.kind === 'other' ? 'value' : form.kind
    const choices = form.choices ?? form.item?.choices
    const note = [choices?.join(' | '), form.description].filter(part => part !== undefined).join('. ')
    return `- ${name} (${type}${form.optional ? '' : ', required'})${note === '' ? '' : `: ${note}`}`
  })
  const confirm = operation.effects === 'destructive' ? '\nNeeds confirm: true beside operation.' : ''
  return (
    [
      `${operation.name}: ${operation.summary}`,
      ...(lines.length === 0 ? ['It takes no arguments.'] : lines),
    ].join('\n') + confirm
  )
}
