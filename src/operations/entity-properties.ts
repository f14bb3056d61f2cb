/** Properties of an entity as they come together. Two spellings of one attribute are the same property. */
import { canonicalJson } from '../model/digest.ts'
import { claimOf } from '../model/entity.ts'
import { HeirloomError } from '../model/errors.ts'
import { slotKey, valueKey } from '../model/slot.ts'
import { propertiesProblem, surplusOf, twiceProblem } from './entity-fields.ts'

export type Properties = Readonly<Record<string, unknown>>

/** A property that both sides have, with different values. */
export interface Overruled {
  readonly property: string
  readonly kept: unknown
  readonly dropped: unknown
}

export interface Combined {
  readonly properties: Properties
  readonly gained: readonly { readonly property: string; readonly value: unknown }[]
  readonly overruled: readonly Overruled[]
}

/** Adds the properties of one to those of another, of which one wins where they differ. */
export function combined(own: Properties, added: Properties, winner: 'own' | 'added'): Combined {
  const properties: Record<string, unknown> = { ...own }
  const names = new Map(Object.keys(own).map(name => [slotKey(name), name]))
  const gained: { property: string; value: unknown }[] = []
  const overruled: Overruled[] = []
  for (const [name, value] of Object.entries(added)) {
    const known = names.get(slotKey(name))
    if (known === undefined) {
      properties[name] = value
      names.set(slotKey(name), name)
      gained.push({ property: name, value })
      continue
    }
    const present = properties[known]
    if (isSame(known, present, value)) continue
    if (winner === 'added') properties[known] = value
    const [kept, dropped] = winner === 'own' ? [present, value] : [value, present]
    overruled.push({ property: known, kept, dropped })
  }
  return { properties, gained, overruled }
}

function isSame(attribute: string, a: unknown, b: unknown): boolean {
  if (canonicalJson(a) === canonicalJson(b)) return true
  const [claimA, claimB] = [claimOf(a), claimOf(b)]
  return claimA !== null && claimB !== null && valueKey(claimA, attribute) === valueKey(claimB, attribute)
}

interface Settings {
  readonly set?: readonly (readonly [name: string, value: unknown])[] | undefined
  readonly unset?: readonly string[] | undefined
}

/** With single properties put in and taken out. `entityId` is for the way out of what was wrong before. */
export function propertiesAfter(
  before: Properties,
  { set = [], unset = [] }: Settings,
  entityId: string,
): Properties {
  const properties: Record<string, unknown> = { ...before }
  const nameOf = (said: string) =>
    Object.hasOwn(properties, said)
      ? said
      : (Object.keys(properties).find(name => slotKey(name) === slotKey(said)) ?? said)
  for (const name of unset) {
    const known = nameOf(name)
    if (!Object.hasOwn(properties, known)) throw unknown(name, Object.keys(properties))
    delete properties[known]
  }
  const problem = twiceProblem(set.map(([name]) => name))
  if (problem !== null) throw new HeirloomError('INVALID_INPUT', `set: ${problem}.`)
  for (const [name, value] of set) properties[nameOf(name)] = value
  return mustBeProperties(properties, entityId)
}

/**
 * @param entityId of the entity that has them already, if one does.
 * @throws INVALID_INPUT saying what is wrong with them.
 */
export function mustBeProperties(properties: Properties, entityId: string | null = null): Properties {
  const problem = propertiesProblem(properties)
  if (problem === null) return properties
  const surplus = entityId === null ? null : surplusOf(properties)
  const remedy = surplus === null ? '.' : `: heirloom entity update ${entityId} --unset ${surplus}`
  throw new HeirloomError('INVALID_INPUT', `properties: ${problem}${remedy}`)
}

function unknown(name: string, known: readonly string[]): HeirloomError {
  const there = known.length === 0 ? 'It has none.' : `It has ${known.join(', ')}.`
  return new HeirloomError('INVALID_INPUT', `unset: there is no property "${name}". ${there}`)
}
