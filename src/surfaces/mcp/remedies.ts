/** Remedies are written for the command line; an agent is told the tool that does the same. */
import type { Profile } from './instructions.ts'
import { operationOf, takenBy, toolCards } from './tools.ts'

/** Commands for people: an agent cannot run these on the store that it has open. */
const FOR_PEOPLE = new Set(['init', 'doctor'])

// What the user is to be asked for stays as the user would write it.
const COMMAND = /(?<!to run: |lets it out: )heirloom ([a-z]+)(?: ([a-z]+(?:-[a-z]+)*))?/g

/** Stored names and texts stand in such marks in a sentence of ours, and are no commands, whatever they say. */
const STORED = /“[^”]*”?/g

/** A word behind a command: in quotes, a place to fill in, or bare; the sentence's own marks are none of it. */
const WORD =
  /^ ("(?:[^"\\]|\\.)*"|<[^<>]+>|…|[^\s"“”<>…;,.:()=]+(?:[.:=][^\s"“”<>…;,.:()=]+)*(?:="[^"]*"|=<[^<>]+>)?)/

const FLAG = /^ --([a-z]+(?:-[a-z]+)*)/

export function toToolTalk(text: string, profile: Profile): string {
  let told = ''
  let from = 0
  for (const { 0: stored, index } of text.matchAll(STORED)) {
    told += toCalls(text.slice(from, index), profile) + stored
    from = index + stored.length
  }
  return told + toCalls(text.slice(from), profile)
}

function toCalls(text: string, profile: Profile): string {
  let told = ''
  let from = 0
  for (const found of text.matchAll(COMMAND)) {
    const command = commandAt(found)
    if (found.index < from || command === null) continue
    const { given, length } = argumentsOf(command, text.slice(found.index + command.length))
    const call = callOf(command.name, given, profile)
    if (call === null) continue
    told += `${text.slice(from, found.index)}${call}`
    from = found.index + command.length + length
  }
  return told + text.slice(from)
}

interface Command {
  readonly name: string
  readonly positional: readonly string[]
  readonly taken: ReturnType<typeof takenBy>
  readonly length: number
}

/** A grouped verb before a plain one: `entity update` is `entity_update`. Null for what agents are not offered. */
function commandAt([all, first = '', second]: RegExpMatchArray): Command | null {
  const grouped = `${first}_${(second ?? '').replaceAll('-', '_')}`
  const isGrouped = operationOf(grouped) !== null
  const name = isGrouped ? grouped : first
  const length = isGrouped ? all.length : `heirloom ${first}`.length
  if (name === 'help') return { name, positional: ['operation'], taken: new Map(), length }
  const operation = operationOf(name)
  if (operation === null) return null
  return { name, positional: operation.positional, taken: takenBy(operation), length }
}

type Given = Record<string, string | true>

/** What is written behind the command, by the operation's own names, and how far that goes. */
function argumentsOf(
  { positional, taken }: Command,
  rest: string,
): { readonly given: Given; readonly length: number } {
  const given: Given = {}
  const places = [...positional]
  let length = 0
  for (;;) {
    const behind = rest.slice(length)
    const [all, flag] = FLAG.exec(behind) ?? []
    if (all !== undefined && flag !== undefined) {
      const name = flag.replaceAll('-', '_')
      if (!taken.has(name)) break
      const [spaced, value] =
        (taken.get(name)?.kind === 'boolean' ? null : WORD.exec(behind.slice(all.length))) ?? []
      given[name] = value === undefined ? true : bare(value)
      length += all.length + (spaced?.length ?? 0)
      continue
    }
    const [word, value] = WORD.exec(behind) ?? []
    const place = word === undefined ? undefined : places.shift()
    if (word === undefined || value === undefined || place === undefined) break
    given[place] = bare(value)
    length += word.length
  }
  return { given, length }
}

function bare(value: string): string {
  if (value.startsWith('"')) return value.slice(1, -1).replaceAll(/\\(.)/g, '$1')
  return value.replace(/="([^"]*)"$/, '=$1')
}

/** Null where the agent cannot do it: then it stays as a person would do it. */
function callOf(name: string, given: Given, profile: Profile): string | null {
  const isEmpty = Object.keys(given).length === 0
  if (toolCards(profile).has(name)) return isEmpty ? `the tool ${name}` : `${name} ${JSON.stringify(given)}`
  if (profile.readOnly || FOR_PEOPLE.has(name)) return null
  return `admin ${JSON.stringify({ operation: name, ...(isEmpty ? {} : { arguments: given }) })}`
}
