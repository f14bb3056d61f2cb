/** The arguments that operations on entities share. */
import * as z from 'zod'
import { ENTITY_LIMITS, ENTITY_TYPES } from '../model/entity.ts'
import { HeirloomError } from '../model/errors.ts'
import { quotedIfNeeded } from '../model/excerpt.ts'
import { KIND_PATTERN, LIMITS } from '../model/memory.ts'
import { nameKey } from '../model/mention.ts'
import { slotKey } from '../model/slot.ts'
import * as fields from './fields.ts'

/** One spelling of white space: a name is shown in one line, and looked up by its words. */
const tidied = fields.name.transform(value => value.normalize('NFC').trim().replace(/\s+/gu, ' '))

export const type = z
  .string()
  .trim()
  .regex(KIND_PATTERN, 'a type is 1 to 32 of a-z, 0-9, _ and -, beginning with a letter, such as "component"')
  .describe(`${ENTITY_TYPES.join(', ')}, or a word of your own.`)

export const name = tidied.describe('What it is called; one of its type and project has the name.')

/** What leads to one entity. */
export const reference = fields.name.trim().describe('The id of an entity, or its name.')

const aliases = fields
  .listOf(tidied)
  .refine(values => values.length <= ENTITY_LIMITS.aliases, `at most ${ENTITY_LIMITS.aliases} aliases`)
  .describe('Other names by which it is found.')

const description = fields
  .text(ENTITY_LIMITS.descriptionBytes)
  .refine(value => value.trim() !== '', 'must not be empty')
  .refine(
    value => Buffer.byteLength(value) <= ENTITY_LIMITS.descriptionBytes,
    `at most ${ENTITY_LIMITS.descriptionBytes / 1024} KiB; what is longer is better remembered, and mentions it`,
  )
  .describe('What it is, in a few sentences.')

const AN_OBJECT = 'a JSON object, such as {"ports": 24}'

const properties = z
  .preprocess(
    value => {
      if (typeof value !== 'string') return value
      try {
        return JSON.parse(value) as unknown
      } catch {
        return value
      }
    },
    z.record(z.string(), z.json(), AN_OBJECT),
  )
  .superRefine((value, ctx) => {
    const problem = propertiesProblem(value)
    if (problem !== null) ctx.addIssue({ code: 'custom', message: problem })
  })
  .describe(`What is known of it, as ${AN_OBJECT}.`)

/** What keeps an object from being an entity's properties, or null. */
export function propertiesProblem(value: Readonly<Record<string, unknown>>): string | null {
  const json = JSON.stringify(value)
  const bytes = Buffer.byteLength(json)
  if (bytes > ENTITY_LIMITS.propertiesBytes) {
    return `${bytes} bytes of JSON; at most ${ENTITY_LIMITS.propertiesBytes / 1024} KiB. Remember long texts instead`
  }
  // An escape that is itself escaped is text about escapes.
  if (/(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/i.test(json))
    return 'it holds a NUL character or half of a surrogate pair'
  const odd = Object.keys(value).find(key => key.trim() === '' || key.length > LIMITS.slotPart)
  if (odd !== undefined) return `a property has a name of 1 to ${LIMITS.slotPart} characters`
  return twiceProblem(Object.keys(value))
}

/** What is wrong where two names are spellings of one attribute, so that neither is what the entity claims; or null. */
export function twiceProblem(names: readonly string[]): string | null {
  const twice = spelledTwice(names)
  return twice === null
    ? null
    : `${twice.map(name => `"${name}"`).join(' and ')} are one property, given twice. Give it once`
}

/** How to write the spelling to take away where a stored entity has two; or null. The last is claimed. */
export function surplusOf(properties: Readonly<Record<string, unknown>>): string | null {
  const [surplus] = spelledTwice(Object.keys(properties)) ?? []
  if (surplus === undefined) return null
  return quotedIfNeeded(surplus) === surplus ? surplus : '<property>'
}

function spelledTwice(names: readonly string[]): readonly string[] | null {
  return [...Map.groupBy(names, slotKey).values()].find(({ length }) => length > 1) ?? null
}

export const confidence = z.number().min(0).max(1).describe('How sure, from 0 to 1.')

/** What may be said of an entity besides its type and name, when it is created and when it is updated. */
export const described = {
  aliases: aliases.optional(),
  description: description.optional(),
  properties: properties.optional(),
  project: fields.project.optional(),
  confidence: confidence.optional(),
  valid_from: fields.time.optional().describe('From when on it is there.'),
  valid_until: fields.time.optional().describe('Until when it is there.'),
}

export const candidate = z
  .boolean()
  .optional()
  .describe('Only propose it: it counts when a person has promoted it.')

export const thirdParty = z
  .boolean()
  .optional()
  .describe('It is somebody else’s claim: it waits in quarantine until a person has reviewed it.')

/** Aliases of an entity: each form once, and none that is its name. */
export function aliasesOf(entityName: string, said: readonly string[]): string[] {
  const forms = new Set([nameKey(entityName)])
  return said.filter(alias => {
    const form = nameKey(alias)
    if (forms.has(form)) return false
    forms.add(form)
    return true
  })
}

/** @throws INVALID_INPUT where there would be too many. */
export function mustBeAliases(found: readonly string[]): readonly string[] {
  if (found.length <= ENTITY_LIMITS.aliases) return found
  throw new HeirloomError(
    'INVALID_INPUT',
    `aliases: it would have ${found.length}; at most ${ENTITY_LIMITS.aliases}. Name those that it shall have: heirloom entity update <id> --aliases <list>`,
  )
}

const PAIR = /^([^=]+)=(.*)$/s

/** A value as JSON where it is a number, a truth value, a list or an object; else the text itself. */
function readValue(said: string): unknown {
  const value = said.trim()
  if (!/^(?:-?(?:0|[1-9]\d*)(?:\.\d+)?|true|false|null|[[{"].*)$/s.test(value)) return value
  try {
    const read: unknown = JSON.parse(value)
    // Digits that a number cannot hold are kept as they were written.
    return typeof read === 'number' && String(read) !== value ? value : read
  } catch {
    return value
  }
}

/** Single properties, written `name=value`. A comma parts no two: values may hold them. */
export const settings = z
  .preprocess(
    value => (typeof value === 'string' ? [value] : value),
    z.array(fields.text(ENTITY_LIMITS.propertiesBytes)).meta({ whole: true }),
  )
  .transform((pairs, ctx) => {
    const found: (readonly [name: string, value: unknown])[] = []
    for (const pair of pairs) {
      const [, property, value] = PAIR.exec(pair) ?? []
      if (property === undefined || value === undefined || property.trim() === '') {
        ctx.addIssue({
          code: 'custom',
          message: `"${pair.slice(0, 60).toWellFormed()}" is no property; write it as name=value`,
        })
        return z.NEVER
      }
      found.push([property.trim(), readValue(value)])
    }
    return found
  })
  .describe('One property, as name=value; the others stay.')

export const unsettings = fields.listOf(fields.text(LIMITS.slotPart)).describe('Properties to take away.')
