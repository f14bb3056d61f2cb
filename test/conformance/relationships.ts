import { describe, expect, it } from 'vitest'
import { RELATIONSHIP_TYPES } from '../../src/model/relationship.ts'
import type { TestEngine } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'
import { digestOf, refusalOf, related, things } from '../kit/things.ts'

const UNKNOWN = '01900000-0000-7000-8000-00000000ffff'

export function relating(engine: TestEngine): void {
  describe('relationships', () => {
    it('say what has to do with what, with all that is said of it', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory, clock } = store
      const ids = await things(memory, 'component', ['Rack', 'Switch'], { project: 'apollo' })
      const evidence = (await memory.remember({ content: 'seen in the rack' })).id
      const made = await memory.relate({
        source: 'rack',
        type: 'contains',
        target: ids.Switch!,
        confidence: 0.7,
        evidence,
        valid_from: '2026-01-01',
        valid_until: '2027-01-01',
        note: 'measured',
      })
      expect(made).toMatchObject({
        outcome: 'related',
        type: 'contains',
        source: { kind: 'entity', id: ids.Rack, name: 'Rack', type: 'component', state: 'active' },
        target: { kind: 'entity', id: ids.Switch, name: 'Switch' },
        confidence: 0.7,
        evidence_id: evidence,
        project: 'apollo',
        status: 'active',
        trust: 'stated',
        valid_from: '2026-01-01T00:00:00.000Z',
        valid_until: '2027-01-01T00:00:00.000Z',
        recorded_at: clock.now(),
        stored_as: '“Rack” contains “Switch”',
        notices: [],
      })
      const { entries } = await memory.journal({ subject_kind: 'relationship' })
      expect(entries).toMatchObject([{ operation: 'relate', subject_id: made.id, note: 'measured' }])
      await expectSound(store)
    })

    it('are one, whichever way round they are said', async () => {
      await using store = await engine.open()
      const { memory } = store
      await things(memory, 'component', ['Rack', 'Switch'])
      const part = await memory.relate({ source: 'Switch', type: 'part_of', target: 'Rack' })
      expect(part).toMatchObject({
        type: 'contains',
        source: { name: 'Rack' },
        stored_as: '“Rack” contains “Switch”',
      })
      expect(part.notices.join()).toContain('Kept as')
      const again = await memory.relate({
        source: 'Rack',
        type: 'contains',
        target: 'Switch',
        confidence: 0.5,
      })
      expect(again).toMatchObject({
        outcome: 'already_related',
        id: part.id,
        confidence: null,
        receipt: null,
      })
      expect(again.notices.join()).toContain(`heirloom unrelate ${part.id}`)
      const there = await memory.relate({ source: 'Rack', type: 'interfaces_with', target: 'Switch' })
      const back = await memory.relate({ source: 'Switch', type: 'interfaces_with', target: 'Rack' })
      expect(back).toMatchObject({ outcome: 'already_related', id: there.id })
      const one = await memory.relate({ source: 'Rack', type: 'depends_on', target: 'Switch' })
      const other = await memory.relate({ source: 'Switch', type: 'depends_on', target: 'Rack' })
      expect(other).toMatchObject({ outcome: 'related' })
      expect(other.id).not.toBe(one.id)
      expect(await store.raw('select id from relationships')).toHaveLength(4)
      await expectSound(store)
    })

    it('of a type that is none are refused with the list of types by family', async () => {
      await using store = await engine.open()
      const { memory } = store
      await things(memory, 'component', ['a', 'b'])
      const refused = await refusalOf(memory.relate({ source: 'a', type: 'includes', target: 'b' }))
      expect(refused.code).toBe('INVALID_INPUT')
      for (const word of [
        ...Object.keys(RELATIONSHIP_TYPES),
        'structural',
        'intent',
        'validation',
        'provenance',
      ])
        expect(refused.message).toContain(word)
      expect(await store.raw('select id from relationships')).toEqual([])
    })

    it('end where their type lets them, and at what is there', async () => {
      await using store = await engine.open()
      const { memory } = store
      await things(memory, 'component', ['a', 'b'])
      const note = (await memory.remember({ content: 'a note' })).id
      const { documents } = await ingested(memory)
      const evidenced = await memory.relate({ source: 'a', type: 'evidenced_by', target: note })
      expect(evidenced.target).toMatchObject({ kind: 'memory', id: note, name: 'a note', type: 'note' })
      const described = await memory.relate({ source: 'a', type: 'described_by', target: 'guide.md' })
      expect(described.target).toMatchObject({ kind: 'document', id: documents, name: 'guide.md' })
      expect((await memory.relate({ source: 'a', type: 'described_by', target: documents })).outcome).toBe(
        'already_related',
      )
      const session = await memory.relate({
        source: 'a',
        type: 'updated_by_session',
        target: 'session: s-12',
      })
      expect(session.target).toMatchObject({ kind: 'session', id: 's-12' })
      const wrong: [string, string, string, string][] = [
        ['a', 'contains', note, 'INVALID_INPUT'],
        ['a', 'satisfies', 'session:s', 'INVALID_INPUT'],
        ['a', 'contains', 'nobody', 'NOT_FOUND'],
        ['a', 'contains', UNKNOWN, 'NOT_FOUND'],
        ['a', 'updated_by_session', 'session:', 'INVALID_INPUT'],
        ['a', 'contains', 'a', 'INVALID_INPUT'],
        ['a', 'depends_on', 'A', 'INVALID_INPUT'],
      ]
      for (const [source, type, target, code] of wrong)
        expect(await refusalOf(memory.relate({ source, type, target })), `${type} ${target}`).toMatchObject({
          code,
        })
      expect(
        await refusalOf(memory.relate({ source: 'a', type: 'contains', target: 'b', evidence: UNKNOWN })),
      ).toMatchObject({
        code: 'NOT_FOUND',
      })
      expect((await memory.relate({ source: 'a', type: 'interfaces_with', target: 'a' })).outcome).toBe(
        'related',
      )
      await expectSound(store)
    })

    it('make no circle of wholes and parts; the way round is named', async () => {
      await using store = await engine.open()
      const { memory } = store
      await things(memory, 'component', ['Site', 'Rack', 'Switch', 'Fan'])
      await related(memory, [
        'Site / contains / Rack',
        'Rack / contains / Switch',
        'Switch / contains / Fan',
        'Site / contains / Fan',
      ])
      const before = await digestOf(memory)
      const refused = await refusalOf(memory.relate({ source: 'Fan', type: 'contains', target: 'Rack' }))
      expect(refused.code).toBe('INVALID_INPUT')
      expect(refused.message).toContain('“Rack” contains “Switch” contains “Fan” contains “Rack”')
      expect(
        (await refusalOf(memory.relate({ source: 'Site', type: 'part_of', target: 'Fan' }))).message,
      ).toContain('contains “Site”')
      expect(await digestOf(memory)).toBe(before)
      // Nor when one comes back.
      const { id } = await memory.unrelate({ source: 'Rack', type: 'contains', target: 'Switch' })
      await memory.relate({ source: 'Fan', type: 'contains', target: 'Rack' })
      expect(await refusalOf(memory.restore({ id }))).toMatchObject({ code: 'INVALID_INPUT' })
      await expectSound(store)
    })

    it('wait for review where they must', async () => {
      await using store = await engine.open({ actor: 'agent' })
      const { memory } = store
      await things(memory, 'component', ['a', 'b'])
      const proposed = await memory.relate({ source: 'a', type: 'contains', target: 'b', candidate: true })
      expect(proposed).toMatchObject({ status: 'candidate', trust: 'inferred' })
      const again = await memory.relate({ source: 'a', type: 'contains', target: 'b' })
      expect(again).toMatchObject({ outcome: 'already_related', id: proposed.id, status: 'candidate' })
      expect(again.notices.join()).toContain('heirloom review')
      expect(
        (await memory.relate({ source: 'b', type: 'supports', target: 'a', third_party: true })).trust,
      ).toBe('untrusted')
    })

    it('are taken away by what they say or by their id, come back, and are taken back exactly', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory, clock } = store
      await things(memory, 'component', ['a', 'b'])
      const before = await digestOf(memory)
      const { id, receipt } = await memory.relate({ source: 'a', type: 'contains', target: 'b' })
      const made = await digestOf(memory)
      clock.advance(1000)
      const gone = await memory.unrelate({ source: 'b', type: 'part_of', target: 'a', note: 'moved' })
      expect(gone).toMatchObject({ id, status: 'retired', was: 'active', said: '“a” contains “b”' })
      const none = await refusalOf(memory.unrelate({ source: 'a', type: 'contains', target: 'b' }))
      expect(none).toMatchObject({ code: 'NOT_FOUND' })
      const second = await memory.relate({ source: 'a', type: 'contains', target: 'b' })
      expect(await refusalOf(memory.restore({ id }))).toMatchObject({ code: 'DUPLICATE' })
      await memory.undo({ receipt: second.receipt! })
      await memory.restore({ id })
      await memory.unrelate({ source: id })
      expect(await refusalOf(memory.unrelate({ source: id }))).toMatchObject({ code: 'ILLEGAL_TRANSITION' })
      for (const wrong of [{ source: 'a' }, { source: 'a', type: 'contains' }, { source: id, target: 'b' }])
        expect(await refusalOf(memory.unrelate(wrong))).toMatchObject({ code: 'INVALID_INPUT' })
      await memory.restore({ id })
      expect(await refusalOf(memory.undo({ receipt: receipt! }))).toMatchObject({ code: 'CONFLICT' })
      const { entries } = await memory.journal({ subject_id: id })
      expect(entries.map(({ operation }) => operation)).toEqual([
        'restore',
        'unrelate',
        'restore',
        'unrelate',
        'relate',
      ])
      expect(before).not.toBe(made)
      await expectSound(store)
    })

    it('are taken away in the project that is named, where others have things of the same names', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const said = { source: 'Rack', type: 'contains', target: 'Switch' }
      const ids: Record<string, string> = {}
      for (const project of ['apollo', 'hermes']) {
        await things(memory, 'component', ['Rack', 'Switch'], { project })
        ids[project] = (await memory.relate({ ...said, project })).id
      }
      expect(await refusalOf(memory.unrelate(said))).toMatchObject({ code: 'INVALID_INPUT' })
      const gone = await memory.unrelate({ ...said, project: 'Hermes' })
      expect(gone).toMatchObject({ id: ids.hermes, project: 'hermes', was: 'active', status: 'retired' })
      expect((await memory.graph_show({ id: 'Rack', project: 'apollo' })).edges).toMatchObject([
        { id: ids.apollo },
      ])
      const again = await refusalOf(memory.unrelate({ ...said, project: 'hermes' }))
      expect(again.message).toContain('"Rack" is not contains "Switch" in project "hermes"')
      // What the project does not have may be of another one, as where it was related.
      await things(memory, 'service', ['Probe'])
      const across = { source: 'Rack', type: 'depends_on', target: 'Probe', project: 'apollo' }
      const { id } = await memory.relate(across)
      expect(await memory.unrelate(across)).toMatchObject({ id, status: 'retired' })
      await things(memory, 'component', ['Dish', 'Horn'], { project: 'apollo' })
      await related(memory, ['Dish / contains / Horn'])
      const elsewhere = { source: 'Dish', type: 'contains', target: 'Horn' }
      for (const [project, says] of [
        ['hermes', 'is not contains "Horn" in project "hermes"'],
        ['nowhere', 'There is no project "nowhere"'],
      ] as const) {
        const refusal = await refusalOf(memory.unrelate({ ...elsewhere, project }))
        expect(refusal).toMatchObject({ code: 'NOT_FOUND', message: expect.stringContaining(says) })
      }
      expect(await memory.unrelate({ ...elsewhere, project: 'apollo' })).toMatchObject({ status: 'retired' })
      await expectSound(store)
    })

    it('are withdrawn by the receipt', async () => {
      await using store = await engine.open()
      const { memory } = store
      await things(memory, 'component', ['a', 'b'])
      const before = await digestOf(memory)
      const { receipt } = await memory.relate({ source: 'a', type: 'contains', target: 'b' })
      const made = await digestOf(memory)
      const undone = await memory.undo({ receipt: receipt! })
      expect(await digestOf(memory)).toBe(before)
      await memory.undo({ receipt: undone.receipt! })
      expect(await digestOf(memory)).toBe(made)
      await expectSound(store)
    })
  })
}

/** The id of a document, `guide.md`. */
async function ingested(memory: {
  ingest: (input: never) => Promise<unknown>
  list: (input: object) => Promise<{ results: { document_id: string | null }[] }>
}) {
  await memory.ingest({ text: '# Guide\n\nHow the lamp is lit.\n', name: 'guide.md' } as never)
  const { results } = await memory.list({})
  return { documents: results.find(({ document_id }) => document_id !== null)!.document_id! }
}
