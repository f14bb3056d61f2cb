/** What the schemas of operations accept and give, read from their JSON Schema. */
import { z } from 'zod'

export interface JsonSchema {
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
  readonly enum?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly maxLength?: number
  readonly format?: string
  readonly maxItems?: number
}

export function inputOf(schema: z.ZodObject): JsonSchema {
  const shape = Object.entries(schema.shape).map(
    ([name, field]) => [name, readable(field as z.ZodType)] as const,
  )
  return toJson(z.object(Object.fromEntries(shape)), 'input')
}

export function outputOf(schema: z.ZodType): JsonSchema {
  return toJson(schema, 'output')
}

function toJson(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  return z.toJSONSchema(schema, { io, unrepresentable: 'any', cycles: 'ref', reused: 'inline' }) as JsonSchema
}

/** A field without what it first makes of a text: the form that is meant rather than everything that is taken. */
function readable(field: z.ZodType): z.ZodType {
  const definition = field.def as { type: string; innerType?: z.ZodType; in?: z.ZodType; out?: z.ZodType }
  if (definition.type === 'optional') return readable(definition.innerType!).optional()
  if (definition.type !== 'pipe') return field
  const typeIn = (definition.in?.def as { type: string } | undefined)?.type
  // Texts that are converted as a whole are times; every other conversion is of a list.
  if (typeIn === 'string') return z.string().meta({ format: 'date-time' })
  return readable(typeIn === 'transform' ? definition.out! : definition.in!)
}

/** A type in words, with its limits. */
export function typeOf(schema: JsonSchema): string {
  if (typeof schema.type === 'object') return schema.type.join(' or ')
  if (schema.enum !== undefined) return schema.enum.map(word => `\`${word}\``).join(' or ')
  switch (schema.type) {
    case 'array':
      return `list of ${schema.items === undefined ? 'values' : typeOf(schema.items)}${upTo(schema.maxItems, 'items')}`
    case 'string':
      return schema.format === 'date-time' ? 'time' : `text${upTo(schema.maxLength, 'characters')}`
    case 'integer':
    case 'number':
      return `${schema.type}${between(schema)}`
    case 'object':
      return schema.properties === undefined
        ? 'object'
        : `object {${Object.keys(schema.properties).join(', ')}}`
    default:
      return schema.type ?? 'any JSON'
  }
}

function upTo(limit: number | undefined, what: string): string {
  return limit === undefined ? '' : `, at most ${limit} ${what}`
}

function between({ minimum, maximum }: JsonSchema): string {
  const isBounded = (value: number | undefined) =>
    value !== undefined && Math.abs(value) < Number.MAX_SAFE_INTEGER
  if (isBounded(minimum) && isBounded(maximum)) return ` from ${minimum} to ${maximum}`
  return isBounded(minimum) ? ` from ${minimum}` : ''
}
