/** The back-fill on random tag soup, against a reference that reads the same rules in twenty lines. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { forgetLinks, keep, type Older, sentences } from '../kit/backfills.ts'
import { openBeneath } from '../kit/beneath.ts'
import { sqliteMemory } from '../kit/engines.ts'
import { numbered } from '../kit/graphs.ts'
import { expectSound } from '../kit/invariants.ts'

const OWN = [0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0xf6].map(numbered)
/** Ids that memories had elsewhere; the last ones are nobody's unless somebody arrives. */
const FAR = ['a', 'b', 'c', 'd'].map(digit => `${digit.repeat(8)}-1111-4222-8333-${digit.repeat(12)}`)
/** Those that come afterwards. */
const LATE = FAR.map((_, index) => numbered(0x100 + index))

const ANY_ID = fc.constantFrom(...OWN, ...FAR)

const SPELT = fc.oneof(
  { weight: 6, arbitrary: ANY_ID },
  ANY_ID.map(id => id.toUpperCase()),
  ANY_ID.map(id => id.replaceAll('-', '')),
  ANY_ID.map(id => `urn:uuid:${id}`),
  ANY_ID.map(id => id.slice(1)),
  ANY_ID.map(id => id.replace('-', '')),
  ANY_ID.map(id => `{${id}}`),
  fc.constantFrom('', ' ', 'nobody', '0', 'null'),
)

const PREFIX = fc.oneof(
  { weight: 8, arbitrary: fc.constant('shared-from=') },
  fc.constantFrom('Shared-From=', ' shared-from= ', 'shared-from =', 'shared_from=', 'unshared-from=', ''),
)

const TAG = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.tuple(PREFIX, SPELT, fc.constantFrom('', '', ' ')).map(parts => parts.join('')),
  },
  fc.string({ maxLength: 6 }),
)

/** As some tool might have left them. */
const SOUP = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.array(fc.oneof({ weight: 6, arbitrary: TAG }, fc.jsonValue()), { maxLength: 5 }),
  },
  fc.jsonValue(),
  TAG,
)

const RAW = fc.oneof(
  { weight: 8, arbitrary: SOUP.map(soup => JSON.stringify(soup)) },
  fc.tuple(SOUP, fc.nat(40)).map(([soup, length]) => JSON.stringify(soup).slice(0, length)),
  TAG,
)

/** As this store keeps tags. */
const KEPT = fc.uniqueArray(
  TAG.map(tag => tag.trim().toLowerCase()).filter(tag => tag !== ''),
  { maxLength: 4 },
)

const STORE = fc.tuple(
  ...OWN.map(id =>
    fc.record({
      id: fc.constant(id),
      tags: KEPT,
      origin_id: fc.oneof({ weight: 2, arbitrary: fc.constant(null) }, ANY_ID),
      origin_tags: fc.option(RAW, { nil: null }),
    }),
  ),
)

type Kept = Required<Older>

interface Expected {
  readonly links: string[]
  readonly receipt: Record<string, unknown>
}

function reference(rows: readonly Kept[], all: readonly Older[], linked: ReadonlySet<string>): Expected {
  const [links, skipped] = [[] as string[], {} as Record<string, number>]
  const counts = { scanned: 0, linked: 0, source_missing: 0, known: 0 }
  const skip = (reason: string): undefined => {
    skipped[reason] = (skipped[reason] ?? 0) + 1
  }
  for (const { id, tags, origin_tags } of rows) {
    if (origin_tags === null && !tags.some(tag => tag.startsWith('shared-from='))) continue
    counts.scanned++
    const named = firstNamed(origin_tags ?? JSON.stringify(tags), skip)
    if (named === undefined) continue
    const source = all.find(one => one.id === named) ?? all.find(one => one.origin_id === named)
    if ((source?.id ?? named) === id) skip('itself')
    else if (linked.has(id)) counts.known++
    else {
      counts.linked++
      if (source === undefined) counts.source_missing++
      links.push(`${id} shared_from ${source?.id ?? `(${named})`}`)
    }
  }
  return { links, receipt: { ...counts, skipped } }
}

function firstNamed(raw: string, skip: (reason: string) => undefined): string | undefined {
  let list: unknown
  try {
    list = JSON.parse(raw)
  } catch {
    return skip('malformed_json')
  }
  if (!Array.isArray(list)) return skip('not_a_list')
  for (const tag of list) {
    const said = typeof tag === 'string' ? /^\s*shared-from=\s*(.*?)\s*$/is.exec(tag)?.[1] : null
    if (said === null) skip('not_a_string')
    else if (said === '') skip('empty_id')
    else if (said !== undefined) {
      const parts =
        /^(?:urn:uuid:)?([\da-f]{8})(-?)([\da-f]{4})\2([\da-f]{4})\2([\da-f]{4})\2([\da-f]{12})$/i.exec(said)
      if (parts !== null)
        return [1, 3, 4, 5, 6]
          .map(at => parts[at])
          .join('-')
          .toLowerCase()
      skip('bad_uuid')
    }
  }
  return undefined
}

it('is read as the reference reads it, and sources that come later end as if they had been there', async () => {
  const seen = new Set<string>()
  await fc.assert(
    fc.asyncProperty(STORE, fc.option(fc.nat(5), { nil: null }), async (rows, byHand) => {
      await using store = await openBeneath(sqliteMemory)
      await keep(store, ...rows)
      await forgetLinks(store)
      const linked = new Set<string>()
      if (byHand !== null) {
        const { results } = await store.memory.list({ limit: 100 })
        const other = results.find(memory => !OWN.includes(memory.id))!.id
        await store.memory.link({ target: OWN[byHand]!, type: 'shared_from', source: other })
        linked.add(OWN[byHand]!)
      }
      const there = await sentences(store)
      const { links, receipt } = reference(rows, rows, linked)
      expect(await store.memory.backfill_shared_from({ plan: true })).toMatchObject({
        linked: receipt.linked,
        known: receipt.known,
        skipped: receipt.skipped,
      })
      const { plan: _plan, receipt: _run, ...done } = await store.memory.backfill_shared_from({})
      expect(done).toEqual(receipt)
      expect(await sentences(store)).toEqual([...there, ...links].sort())
      for (const reason of Object.keys(receipt.skipped as object)) seen.add(reason)
      for (const name of ['linked', 'source_missing', 'known']) if (Number(receipt[name]) > 0) seen.add(name)

      const late = FAR.map((origin_id, index) => ({ id: LATE[index]!, origin_id }))
      await keep(store, ...late)
      const filled = reference(rows, [...rows, ...late], linked)
      expect(await sentences(store)).toEqual([...there, ...filled.links].sort())
    }),
    { numRuns: 250 },
  )
  const reasons = ['malformed_json', 'not_a_list', 'not_a_string', 'empty_id', 'bad_uuid', 'itself']
  expect([...seen].sort()).toEqual([...reasons, 'linked', 'source_missing', 'known'].sort())
})

it('leaves a sound store', async () => {
  await fc.assert(
    fc.asyncProperty(STORE, async rows => {
      await using store = await openBeneath(sqliteMemory)
      await keep(store, ...rows)
      await store.memory.backfill_shared_from({})
      await keep(store, ...FAR.map((origin_id, index) => ({ id: LATE[index]!, origin_id })))
      await expectSound(store)
    }),
    { numRuns: 25 },
  )
})
