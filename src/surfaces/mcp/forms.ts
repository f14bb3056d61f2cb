/** What an argument looks like from outside, read from the schema that will validate it. */
import type { JSONObject } from '@modelcontextprotocol/server'
import type { z } from 'zod'

export interface Form {
  readonly kind: 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object' | 'other'
  readonly choices?: readonly string[]
  readonly item?: Form
  /** Whether the schema has its own way of reading this from a string. */
  readonly readsText: boolean
  readonly optional: boolean
  readonly description?: string | undefined
}

interface Definition {
  readonly type: string
  readonly format?: string
  readonly innerType?: z.ZodType
  readonly in?: z.ZodType
  readonly out?: z.ZodType
  readonly element?: z.ZodType
  readonly entries?: Readonly<Record<string, string>>
}

const KINDS: Readonly<Record<string, Form['kind']>> = {
  string: 'string',
  enum: 'string',
  boolean: 'boolean',
  object: 'object',
  record: 'object',
  array: 'array',
}

function formOf(schema: z.ZodType): Form {
  const definition = schema.def as unknown as Definition
  const { description } = schema
  const inner = within(definition)
  if (inner !== null) {
    const form = formOf(inner.schema)
    return {
      ...form,
      description: description ?? form.description,
      readsText: form.readsText || inner.readsText,
      optional: form.optional || definition.type === 'optional',
    }
  }
  const { element, entries, type } = definition
  const number = definition.format === 'safeint' ? 'integer' : 'number'
  return {
    kind: type === 'number' ? number : (KINDS[type] ?? 'other'),
    ...(entries === undefined ? {} : { choices: Object.values(entries) }),
    ...(element === undefined ? {} : { item: formOf(element) }),
    readsText: false,
    optional: false,
    description,
  }
}

/** The schema that says what is expected, inside one that only wraps or converts. */
function within({
  type,
  innerType,
  in: from,
  out: to,
}: Definition): { schema: z.ZodType; readsText: boolean } | null {
  if (innerType !== undefined) return { schema: innerType, readsText: false }
  if (type !== 'pipe' || from === undefined || to === undefined) return null
  const reads = (from.def as unknown as Definition).type === 'transform'
  return { schema: reads ? to : from, readsText: reads }
}

/** The forms of all arguments that an operation takes, by name. */
export function formsOf(input: z.ZodObject): ReadonlyMap<string, Form> {
  let forms = known.get(input)
  if (forms === undefined) {
    forms = new Map(Object.entries(input.shape).map(([name, schema]) => [name, formOf(schema as z.ZodType)]))
    known.set(input, forms)
  }
  return forms
}

const known = new WeakMap<z.ZodObject, ReadonlyMap<string, Form>>()

/**
 * A form as JSON Schema. It names the plain type alone, since some hosts refuse a whole list of tools over one union;
 * what models send instead (numbers as strings, lists with commas) is taken all the same.
 */
export function toJsonSchema(form: Form): JSONObject {
  return {
    ...(form.kind === 'other' ? {} : { type: form.kind }),
    ...(form.choices === undefined ? {} : { enum: [...form.choices] }),
    ...(form.item === undefined ? {} : { items: toJsonSchema({ ...form.item, description: undefined }) }),
    ...(form.description === undefined ? {} : { description: form.description }),
  }
}
