/** Whatever stands in a table of memories that somebody made by hand: every row is there afterwards. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { IS_THOROUGH } from '../../kit/engines.ts'
import { expectSound } from '../../kit/invariants.ts'
import { memoryPlaces, type PlaceKit, pglitePlaces } from '../../kit/places.ts'
import { SEED } from '../../kit/random.ts'
import { type DirtyRow, id, makeByHand } from './reconcile-cases.ts'

const word = fc.constantFrom(
  '',
  'x',
  'null',
  '[]',
  '["a"]',
  '{"a":1}',
  '[1]',
  '{broken',
  '0',
  '-1',
  '1.5',
  '1e400',
)
const value = fc.oneof(
  fc.constant(null),
  word,
  // PostgreSQL keeps no zero characters, wherever they come from.
  fc.string({ unit: 'grapheme', maxLength: 12 }).map(text => text.replaceAll('\0', '')),
  // Not beyond the clock of the test, of which doctor would rightly tell.
  fc.integer({ max: 1_000_000_000 }),
  fc.constantFrom(
    id(0),
    id(1),
    id(2),
    id(950),
    'active',
    'retired',
    'superseded',
    'group',
    'public',
    'stated',
  ),
  fc.constantFrom(
    '2024-03-05 10:00:00',
    '2024-03-05',
    '1709632800',
    '+275760-09-13T00:00:00Z',
    '24:61',
    '1e20',
  ),
)

const COLUMNS = [
  'kind',
  'title',
  'tags',
  'metadata',
  'project',
  'codebase',
  'file',
  'topics',
  'client_id',
  'session_id',
  'author',
  'status',
  'earlier_statuses',
  'trust',
  'confidence',
  'slot_subject',
  'slot_attribute',
  'slot_value',
  'valid_from',
  'valid_until',
  'recorded_at',
  'created_at',
  'updated_at',
  'visibility',
  'shared_with_groups',
  'partition',
  'scheme_version',
  'document_id',
  'position',
  'label',
  'source_hash',
  'origin_id',
  'origin_tags',
  'superseded_by',
  'reference_count',
  'last_referenced_at',
  'version',
  'revision',
  'owner_user_id',
  'content_hash',
  'mood',
] as const

const rows = fc.array(
  fc.record(
    {
      content: fc.oneof(
        fc.constantFrom('said twice', 'said once more'),
        fc.string({ maxLength: 40 }).map(text => text.replaceAll('\0', '')),
      ),
      ...Object.fromEntries(COLUMNS.map(name => [name, value])),
    },
    { requiredKeys: ['content'] },
  ),
  { minLength: 1, maxLength: 6 },
)

async function expectAllKept(kit: PlaceKit, dirty: readonly DirtyRow[]): Promise<void> {
  await using place = await kit.empty()
  const made: DirtyRow[] = dirty.map((row, at) => ({ ...row, tenant_id: id(7), id: id(at) }))
  await makeByHand(place, made)
  await using store = await place.change()
  const kept = await place.rows('select cast(id as text) as id, content from memories order by 1')
  expect(kept).toEqual(made.map(row => ({ id: row.id, content: row.content })))
  if (made.some(row => 'mood' in row)) {
    const moods = await place.rows('select mood from memories order by id')
    expect(moods).toEqual(
      made.map(row => ({ mood: row.mood === undefined || row.mood === null ? null : String(row.mood) })),
    )
  }
  await expectSound(store)
}

describe.each([{ kit: memoryPlaces, runs: 60 }, ...(IS_THOROUGH ? [{ kit: pglitePlaces(), runs: 5 }] : [])])(
  'tables made by hand on $kit.name',
  ({ kit, runs }) => {
    it('keep every row, whatever is in it', async () => {
      await fc.assert(
        fc.asyncProperty(rows, found => expectAllKept(kit, found as DirtyRow[])),
        { numRuns: runs, seed: SEED, endOnFailure: true },
      )
    })
  },
)
