/** What a person needs to know of a candidate to decide: what is like it, and what it would contradict. */
import { analyseQuery } from '../model/analysis.ts'
import { type Claim, contradict, isExpired, isSettled, type SlotPlace, settledBy } from '../model/conflict.ts'
import { claimOf, type Entity, textOf } from '../model/entity.ts'
import type { Memory } from '../model/memory.ts'
import { rank } from '../model/rank.ts'
import { slotKey, valueKey } from '../model/slot.ts'
import type { ReadHandle } from '../store/store.ts'
import { findCandidates } from './recall-candidates.ts'
import type { Found } from './subject.ts'

/** How many that are near are shown. */
const NEAR = 3

/** Characters of a text that are looked for, and of one that was found that are shown. */
const QUERY = 600
const EXCERPT = 200

export interface Near {
  readonly id: string
  /** Of the words, from 0 to 1; null for what recall found instead. */
  readonly similarity: number | null
  readonly content: string
}

/** Near-duplicates among what is live; failing these, what recall finds by its text. */
export async function nearestTo(tx: ReadHandle, { kind, record }: Found, now: string): Promise<Near[]> {
  if (kind === 'relationship') return []
  if (kind === 'memory') {
    // As it would be: what waits is not compared with anything.
    const similar = await tx.keyword.similar({ ...record, status: 'active', trust: 'observed' })
    const others = similar.filter(({ id }) => id !== record.id)
    if (others.length > 0)
      return others.map(near => ({ ...near, content: near.content.slice(0, EXCERPT).toWellFormed() }))
  }
  const text = kind === 'memory' ? record.content : `${record.name}\n${textOf(record)}`
  return recalled(tx, { text, id: record.id, now })
}

async function recalled(
  tx: ReadHandle,
  { text, id, now }: { text: string; id: string; now: string },
): Promise<Near[]> {
  const query = analyseQuery(text.slice(0, QUERY).toWellFormed())
  if (query.terms.length === 0) return []
  const gathered = await findCandidates(tx, { query, filter: {}, as_of: undefined, neighbours: false })
  const stages = { activation: false, dense: true, priors: true, diversify: true }
  const ranked = rank(query, gathered.candidates, gathered.corpus, { stages, now })
  const best = ranked
    .slice(0, NEAR + 1)
    .map(({ key }) => key)
    .filter(key => gathered.idOf(key) !== id)
  const found = await gathered.fetch(tx, best)
  return best.slice(0, NEAR).flatMap(key => {
    const one = found.get(key)
    if (one === undefined) return []
    const content = one.record === 'memory' ? one.memory.content : one.entity.name
    return [{ id: gathered.idOf(key), similarity: null, content: content.slice(0, EXCERPT).toWellFormed() }]
  })
}

export interface Filling {
  readonly subject: string
  readonly attribute: string
  readonly value: string
  readonly filled_by: readonly { kind: string; id: string; value: string; trust: string }[]
  /** Ids of those that it would contradict. */
  readonly contradicts: readonly string[]
  /** The open conflict that it would join. */
  readonly joins: string | null
}

/** What it claims, who claims the same slot now, and with whom that would be a conflict. */
export async function slotsOf(tx: ReadHandle, found: Found, now: string): Promise<Filling[]> {
  if (found.kind === 'relationship') return []
  const claims = found.kind === 'memory' ? await ofMemory(tx, found.record) : ofEntity(found.record)
  const fillings: Filling[] = []
  for (const { claim, places } of claims) {
    const there: Claim[] = []
    let joins: string | null = null
    for (const place of places) {
      there.push(...(await tx.claims.inSlot(place)))
      joins ??= (await tx.conflicts.openIn(place))?.id ?? null
    }
    const others = there.filter(other => other.subject_id !== claim.subject_id && !isExpired(other, now))
    const ids = [claim, ...others].map(({ subject_id }) => subject_id)
    const settled = settledBy(await tx.conflicts.settledAmong(ids))
    const against = others.filter(other => contradict(claim, other) && !isSettled(settled, claim, other))
    const { said_subject: subject, attribute, value } = claim
    fillings.push({
      subject,
      attribute,
      value,
      filled_by: others.map(({ subject_kind, subject_id, value, trust }) => ({
        kind: subject_kind,
        id: subject_id,
        value,
        trust,
      })),
      contradicts: against.map(({ subject_id }) => subject_id),
      joins: against.length === 0 ? null : joins,
    })
  }
  return fillings
}

interface Claiming {
  readonly claim: Claim
  readonly places: readonly SlotPlace[]
}

async function ofMemory(tx: ReadHandle, memory: Memory): Promise<Claiming[]> {
  const { slot } = memory
  const place = await tx.claims.placeOf(memory)
  if (slot === null || place === null) return []
  const said = { said_subject: slot.subject, attribute: slot.attribute, value: slot.value }
  return [{ claim: toClaim('memory', memory, said), places: [place] }]
}

/** Its name would come to mean it, so that what is claimed by the name is claimed of it. */
function ofEntity(entity: Entity): Claiming[] {
  const { id, name, aliases, project, owner_user_id } = entity
  const subjects = [...new Set([id, ...[name, ...aliases].map(slotKey)])]
  return Object.entries(entity.properties).flatMap(([attribute, property]) => {
    const value = claimOf(property)
    if (value === null) return []
    const attribute_key = slotKey(attribute)
    const places = subjects.map(slot_subject => ({ owner_user_id, project, slot_subject, attribute_key }))
    return [{ claim: toClaim('entity', entity, { said_subject: name, attribute, value }), places }]
  })
}

function toClaim(
  subject_kind: 'memory' | 'entity',
  record: Memory | Entity,
  said: Pick<Claim, 'said_subject' | 'attribute' | 'value'>,
): Claim {
  const { id, trust, valid_from, valid_until, recorded_at } = record
  const value_key = valueKey(said.value, said.attribute)
  return { subject_kind, subject_id: id, trust, valid_from, valid_until, recorded_at, value_key, ...said }
}
