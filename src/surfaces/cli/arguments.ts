/** From the schema of an operation to what the command line takes, and from what it was given to an input. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import * as z from 'zod'
import { HeirloomError } from '../../model/errors.ts'
import type { Operation } from '../../operations/operation.ts'
import { readStdin } from './stdin.ts'

type Shape = 'flag' | 'number' | 'list' | 'text'

interface Field {
  readonly name: string
  readonly shape: Shape
  readonly required: boolean
  /** Whether commas part no values of the list: they may be part of one. */
  readonly isWhole: boolean
  readonly help: string
}

/**
 * Gives a verb its arguments and options.
 * @returns what reads the operation's input from the parsed command line, and from stdin where `-` stands.
 */
export function addArguments(verb: Command, operation: Operation): () => Promise<Record<string, unknown>> {
  const fields = Object.entries(operation.input.shape).map(([name, schema]) =>
    toField(name, schema as z.ZodType),
  )
  const positional = operation.positional.map(name => fields.find(field => field.name === name)!)
  for (const field of positional) verb.argument(argumentOf(field), field.help)
  const options = fields
    .filter(field => !positional.includes(field))
    .map(field => ({ field, option: optionOf(field, positional.length === 0) }))
  for (const { option } of options) verb.addOption(option)
  return async () => {
    const said = verb.opts<Record<string, unknown>>()
    const input: Record<string, unknown> = {}
    for (const { field, option } of options) {
      const value = said[option.attributeName()]
      if (value !== undefined) input[field.name] = value
    }
    for (const [index, field] of positional.entries()) {
      const value: unknown = verb.processedArgs[index]
      if (value !== undefined && !isEmptyList(value)) input[field.name] = value
    }
    return fromStdin(input, operation)
  }
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0
}

/** `-` for a text, or for decisions, is what stdin says; `-` for paths makes stdin the text that is read instead of files. */
async function fromStdin(
  input: Record<string, unknown>,
  operation: Operation,
): Promise<Record<string, unknown>> {
  const named = [...new Set([...operation.positional, 'decisions', 'prompt', 'response'])]
  const asked = named.filter(name => input[name] === '-' || isDash(input[name]))
  const [name] = asked
  if (name === undefined) return input
  if (asked.length > 1)
    throw new HeirloomError('INVALID_INPUT', `${operation.name}: only one argument can be "-".`)
  if (input[name] === '-') return { ...input, [name]: (await readStdin()).replace(/\r?\n$/, '') }
  const { [name]: _paths, ...rest } = input
  return { ...rest, text: await readStdin() }
}

function isDash(value: unknown): boolean {
  return Array.isArray(value) && value.length === 1 && value[0] === '-'
}

function argumentOf({ name, shape, required }: Field): string {
  const text = `${toFlag(name)}${shape === 'list' ? '...' : ''}`
  return required ? `<${text}>` : `[${text}]`
}

/** Where nothing is taken by its place, the values of a list may follow each other. */
function optionOf({ name, shape, help, required, isWhole }: Field, isAlone: boolean): Option {
  const flag = `--${toFlag(name)}`
  if (shape === 'flag') return new Option(flag, help)
  if (shape === 'list' && isWhole) {
    const adding = (value: string, before: string[] | undefined) => [...(before ?? []), value]
    return new Option(`${flag} <text>`, `${help} Given again for another one.`)
      .argParser(adding)
      .makeOptionMandatory(required)
  }
  if (shape === 'list') {
    const one = /(?:[^sue]|[^s]e)s$/.test(flag) ? `${flag.slice(0, -1)}, ` : ''
    const list = isAlone ? '<list...>' : '<list>'
    return new Option(`${one}${flag} ${list}`, `${help} With commas, or given again.`)
      .argParser(addToList)
      .makeOptionMandatory(required)
  }
  const option = new Option(`${flag} <${shape}>`, help).makeOptionMandatory(required)
  return shape === 'number' ? option.argParser(toNumber) : option
}

function toFlag(name: string): string {
  return name.replaceAll('_', '-')
}

function addToList(value: string, before: string[] | undefined): string[] {
  const parts = value.split(',').map(part => part.trim())
  return [...(before ?? []), ...parts.filter(part => part !== '')]
}

function toNumber(value: string): number {
  if (!/^-?\d+(\.\d+)?$/.test(value)) throw new InvalidArgumentError('It must be a number')
  return Number(value)
}

function toField(name: string, schema: z.ZodType): Field {
  const layers = layersOf(schema)
  const innermost = layers.at(-1)!
  const help = layers.find(layer => layer.description !== undefined)?.description ?? ''
  const word = innermost instanceof z.ZodArray ? innermost.element : innermost
  const words = word instanceof z.ZodEnum ? ` One of: ${word.options.join(', ')}.` : ''
  const required = !layers.some(layer => layer instanceof z.ZodOptional || layer instanceof z.ZodDefault)
  const isWhole = innermost.meta()?.whole === true
  return { name, shape: shapeOf(innermost), required, isWhole, help: `${help}${words}`.trim() }
}

/** A schema and those it wraps, down to the one that says what the value is. */
function layersOf(schema: z.ZodType): z.ZodType[] {
  const inner = innerOf(schema)
  return inner === null ? [schema] : [schema, ...layersOf(inner)]
}

function innerOf(schema: z.ZodType): z.ZodType | null {
  if (schema instanceof z.ZodPipe) {
    return (schema.in instanceof z.ZodTransform ? schema.out : schema.in) as z.ZodType
  }
  const isWrapper =
    schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodNullable
  return isWrapper ? (schema.unwrap() as z.ZodType) : null
}

function shapeOf(schema: z.ZodType): Shape {
  if (schema instanceof z.ZodBoolean) return 'flag'
  if (schema instanceof z.ZodNumber) return 'number'
  return schema instanceof z.ZodArray ? 'list' : 'text'
}
