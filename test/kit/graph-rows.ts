/** Entities and relationships by the thousand, past every rule. */
import { BOOTSTRAP_ID } from '../../src/model/memory.ts'
import type { StoreBeneath } from './beneath.ts'

const ENTITIES = 3000

const AT = '2026-01-01T00:00:00.000Z'
const tenant_id = BOOTSTRAP_ID
const standing = {
  tenant_id,
  version: 1,
  project: 'apollo',
  earlier_statuses: '[]',
  trust: 'stated',
  recorded_at: AT,
  updated_at: AT,
  owner_user_id: BOOTSTRAP_ID,
  visibility: 'private',
  shared_with_groups: '[]',
}

const TYPES = ['component', 'requirement', 'claim', 'decision', 'assumption']

export function idOf(kind: string, number: number): string {
  return `01900000-0000-7000-${kind}000-${number.toString(16).padStart(12, '0')}`
}

type Cell = string | number | null

async function insert(store: StoreBeneath, table: string, rows: readonly Readonly<Record<string, Cell>>[]) {
  const literal = (cell: Cell) => (typeof cell === 'string' ? `'${cell}'` : String(cell))
  for (let start = 0; start < rows.length; start += 500) {
    const values = rows.slice(start, start + 500).map(row => `(${Object.values(row).map(literal).join()})`)
    await store.raw(`insert into ${table} (${Object.keys(rows[0]!).join()}) values ${values.join()}`)
  }
}

/** A store in which a look at every row would cost something. */
export async function fillGraph(store: StoreBeneath): Promise<void> {
  const numbers = Array.from({ length: ENTITIES }, (_, number) => number)
  await store.memory.remember({ content: 'makes the project', project: 'apollo' })
  await store.memory.remember({ content: 'makes another one', project: 'hermes' })
  const named = (number: number) => ({ name: `Thing ${number}`, name_key: `thing ${number}` })
  await insert(
    store,
    'entities',
    numbers.map(number => ({
      ...standing,
      ...named(number),
      id: idOf('a', number),
      revision: 1,
      type: TYPES[number % 50] ?? 'component',
      aliases: '[]',
      properties: '{}',
      project: number % 100 === 0 ? 'hermes' : 'apollo',
      status: number % 97 === 0 ? 'retired' : 'active',
    })),
  )
  await insert(
    store,
    'entity_names',
    numbers.map(number => ({
      tenant_id,
      ...named(number),
      entity_id: idOf('a', number),
      words_key: `thing ${number}`,
      is_alias: 0,
    })),
  )
  await insert(store, 'relationships', [...wholes(numbers), ...others(numbers)])
  // A server does so by itself; SQLite must do without, as in any store.
  if (store.store.engine.name === 'postgres') await store.raw('analyze')
}

function edge(number: number, type: string, [source, target]: readonly [number, number]) {
  return {
    ...standing,
    id: idOf('b', number),
    type,
    source_kind: 'entity',
    source_id: idOf('a', source),
    target_kind: 'entity',
    target_id: idOf('a', target),
    status: number % 89 === 0 ? 'retired' : 'active',
  }
}

/** A tree of which each whole has ten parts. */
function wholes(numbers: readonly number[]) {
  return numbers.slice(1).map(number => edge(number, 'contains', [Math.floor((number - 1) / 10), number]))
}

function others(numbers: readonly number[]) {
  const types = [
    'depends_on',
    'interfaces_with',
    'satisfies',
    'affected_by_decision',
    'based_on_assumption',
    'supports',
  ]
  return numbers.map(number => edge(ENTITIES + number, types[number % 6]!, [number, (number + 1) % ENTITIES]))
}
