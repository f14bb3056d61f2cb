/** Nothing contains itself, however far down. Writers refuse it; here all that stands is walked once. */
import type { Relationship } from '../../model/relationship.ts'
import type { Database } from '../engine.ts'
import { type Checking, TOLD } from './findings.ts'

/** Of a long circle so many are named. */
const SHOWN = 8

export class Circles {
  readonly #parts = new Map<string, string[]>()

  add({ type, status, source_id, target_id }: Relationship): void {
    if (type !== 'contains' || (status !== 'active' && status !== 'candidate')) return
    const parts = this.#parts.get(source_id)
    if (parts === undefined) this.#parts.set(source_id, [target_id])
    else parts.push(target_id)
  }

  async end(db: Database, { tenantId, findings }: Checking): Promise<void> {
    const told: Circle[] = []
    let found = 0
    for (const circle of circlesIn(this.#parts)) {
      found++
      if (told.length < TOLD) told.push(circle)
    }
    const names = await namesOf(db, tenantId, [...new Set(told.flatMap(({ first }) => first))])
    for (const { first, length } of told) {
      const shown = length > first.length ? [...first, '…'] : first
      findings.add('relationships', [...shown, first[0]!].map(id => names.get(id) ?? id).join(' contains '))
    }
    // No more than that are told by name, so that the names of these are not asked for.
    for (let at = told.length; at < found; at++) findings.add('relationships', 'another circle')
  }
}

export interface Circle {
  /** As many of its members as are named, each of which contains the next. */
  readonly first: readonly string[]
  readonly length: number
}

/** A circle for each relationship that leads a walk back to where it is; none only where there is none. */
export function* circlesIn(parts: ReadonlyMap<string, readonly string[]>): Generator<Circle> {
  const done = new Set<string>()
  for (const start of parts.keys()) {
    if (done.has(start)) continue
    /** From the start downwards, each with the parts that are still to be looked at. */
    const path = [{ id: start, left: [...(parts.get(start) ?? [])] }]
    const places = new Map([[start, 0]])
    for (let at = path.at(-1); at !== undefined; at = path.at(-1)) {
      const next = at.left.pop()
      if (next === undefined) {
        path.pop()
        places.delete(at.id)
        done.add(at.id)
        continue
      }
      const place = places.get(next)
      // There may be as many circles as relationships, and each as long as the path.
      if (place !== undefined)
        yield { first: path.slice(place, place + SHOWN).map(({ id }) => id), length: path.length - place }
      else if (!done.has(next)) {
        places.set(next, path.length)
        path.push({ id: next, left: [...(parts.get(next) ?? [])] })
      }
    }
  }
}

async function namesOf(db: Database, tenantId: string, ids: readonly string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map()
  const rows = await db
    .selectFrom('entities')
    .select(['id', 'name'])
    .where('tenant_id', '=', tenantId)
    .where('id', 'in', ids)
    .execute()
  return new Map(rows.map(({ id, name }) => [id, `"${name}" (${id})`]))
}
