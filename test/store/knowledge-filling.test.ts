/** Names, claims and mentions made anew are those that writing made, wherever that was interrupted. */
import { describe, expect, it } from 'vitest'
import { writeKnowledge } from '../../scripts/fixture/knowledge.ts'
import type { Heirloom } from '../../src/heirloom.ts'
import { fixedClock } from '../../src/testing.ts'
import type { Row } from '../kit/engines.ts'
import { IS_THOROUGH } from '../kit/engines.ts'
import { fill, settle } from '../kit/index-states.ts'
import { expectSound } from '../kit/invariants.ts'
import { filePlaces, type Place, pglitePlaces } from '../kit/places.ts'
import { digestOf, refusal } from '../kit/schema-states.ts'

/** More than a batch takes. */
const MANY = 300

const PARTS = ['names', 'claims', 'mentions', 'keyword'] as const

async function known(place: Place): Promise<void> {
  await place.prepare()
  await using store = await place.change({ actor: 'person' })
  await writeKnowledge(store.memory, fixedClock('2026-06-02T00:00:00.000Z'))
  await many(store.memory)
}

async function many(memory: Heirloom): Promise<void> {
  for (let at = 0; at < MANY; at++) {
    await memory.entity_create({
      type: 'component',
      name: `Pump ${at}`,
      aliases: [`P-${at}`],
      properties: { at },
    })
    const slot = { subject: `pump ${at}`, attribute: 'level', value: `${at % 7} m` }
    await memory.remember({ content: `The level of P-${at} is ${at % 7} m`, slot })
  }
}

async function derivedRows({ rows }: Place): Promise<Record<string, Row[]>> {
  return {
    names: await rows(`select cast(entity_id as text) as id, name_key, name, words_key, is_alias
      from entity_names order by 1, 2`),
    claims: await rows(`select cast(subject_id as text) as id, subject_kind, attribute_key, project, said_key,
      slot_subject, said_subject, attribute, value, value_key, trust, cast(recorded_at as text) as at
      from claims order by 1, 3`),
    edges:
      await rows(`select cast(source_id as text) as source, type, cast(target_id as text) as target, weight
      from edges order by 1, 2, 3`),
    keyword: await rows(`select cast(memory_id as text) as id, version, live, words, length, traits, subject
      from keyword_documents order by 1, 2`),
  }
}

for (const kit of [filePlaces(), ...(IS_THOROUGH ? [pglitePlaces()] : [])]) {
  describe(`what is made anew on ${kit.name}`, () => {
    it.each(PARTS)(
      'from nothing, %s first, is what writing made, after a stop at every batch',
      async part => {
        await using place = await kit.empty()
        await known(place)
        const [before, digest] = [await derivedRows(place), await digestOf(place)]
        for (const rows of Object.values(before)) expect(rows.length).toBeGreaterThan(MANY / 2)
        await place.script(`update artefacts set digest = 'other' where name = '${part}'`)
        await settle(place)
        const stops = await fillByBatches(place)
        expect(stops).toBeGreaterThan(0)
        expect(await derivedRows(place)).toEqual(before)
        await using store = await place.change()
        expect(await derivedRows(place)).toEqual(before)
        expect(await digestOf(place)).toBe(digest)
        await expectSound(store)
      },
    )

    it('leaves conflicts alone while claims are not whole, and looks at every slot then', async () => {
      await using place = await kit.empty()
      await place.prepare()
      const slot = (attribute: string, value: string) => ({
        content: `${attribute} ${value}`,
        slot: { subject: 'lamp', attribute, value },
      })
      let ends = ''
      {
        await using store = await place.change({ actor: 'person' })
        for (const [attribute, value] of [
          ['stays', '1'],
          ['stays', '2'],
          ['ends', '1'],
        ] as const)
          await store.memory.remember(slot(attribute, value))
        ends = (await store.memory.remember(slot('ends', '2'))).id
        await store.memory.remember(slot('begins', '1'))
      }
      await place.script(`update artefacts set digest = 'other' where name = 'claims'`)
      await settle(place)
      {
        await using store = await place.open({ upgrade: 'never', actor: 'person' })
        expect((await store.memory.remember(slot('begins', '2'))).conflict ?? null).toBeNull()
        await store.memory.invalidate({ id: ends })
        await store.memory.remember(slot('stays', '3'))
        expect(await openSlots(place)).toEqual(['ends 2', 'stays 2'])
      }
      await using store = await place.change()
      expect(await openSlots(place)).toEqual(['begins 2', 'stays 3'])
      await expectSound(store)
    })
  })
}

async function openSlots({ rows }: Place): Promise<string[]> {
  const found = await rows(`select c.attribute_key as attribute, cast(count(*) as integer) as members
    from conflicts as c join conflict_members as m on m.conflict_id = c.id
    where c.status = 'open' group by c.attribute_key order by 1`)
  return found.map(({ attribute, members }) => `${attribute} ${members}`)
}

/** Stops after each batch, as a process that dies does. @returns how often. */
async function fillByBatches(place: Place): Promise<number> {
  for (let stops = 0; ; stops++) {
    const controller = new AbortController()
    const refused = await refusal(
      fill(place, { signal: controller.signal, progress: () => controller.abort() }),
    )
    if (refused === null) return stops
    expect(refused.code).toBe('ABORTED')
  }
}
