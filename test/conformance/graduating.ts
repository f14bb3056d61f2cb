import { describe, expect, it } from 'vitest'
import type { TestEngine } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'
import { digestOf, refusalOf, things } from '../kit/things.ts'

const UNKNOWN = '01900000-0000-7000-8000-00000000ffff'

const CLAIM = {
  content: 'The gateway listens on port 8080',
  slot: { subject: 'gateway', attribute: 'port', value: '8080' },
  project: 'apollo',
  confidence: 0.8,
  valid_from: '2026-01-01',
}

export function graduation(engine: TestEngine): void {
  describe('graduation', () => {
    it('makes an entity of a memory, which stays as it was and points there', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory, clock } = store
      const { id } = await memory.remember(CLAIM)
      const said = await memory.get({ id })
      const before = await digestOf(memory)
      clock.advance(1000)
      const done = await memory.graduate({ id, type: 'service', name: 'Gateway', note: 'agreed' })
      expect(done).toMatchObject({
        id,
        status: 'graduated',
        was: 'active',
        outcome: 'created',
        graduated_to_entity_id: done.entity.id,
        entity: {
          type: 'service',
          name: 'Gateway',
          description: CLAIM.content,
          properties: { port: '8080' },
          project: 'apollo',
          status: 'active',
          trust: 'stated',
          confidence: 0.8,
          valid_from: '2026-01-01T00:00:00.000Z',
        },
        properties_gained: [{ property: 'port', value: '8080' }],
        conflict: null,
        notices: [],
      })
      const now = await memory.get({ id })
      expect(now).toMatchObject({
        status: 'graduated',
        graduated_to_entity_id: done.entity.id,
        revision: said.revision,
      })
      for (const field of ['content', 'content_hash', 'slot', 'tags', 'kind'] as const)
        expect(now[field]).toEqual(said[field])
      const entity = await memory.entity_get({ id: 'gateway' })
      expect(entity.graduated_memories).toMatchObject([{ id, state: 'graduated' }])
      expect(entity.relationships).toMatchObject([
        {
          type: 'evidenced_by',
          direction: 'from',
          ends: [{ id: done.evidence, evidence_id: id, end: { kind: 'memory', id } }],
        },
      ])
      const { results } = await memory.recall({ query: 'gateway port' })
      expect(results.map(one => one.id)).not.toContain(id)
      const { entries } = await memory.journal({ operation: 'graduate' })
      expect(entries.map(({ subject_kind }) => subject_kind).sort()).toEqual([
        'entity',
        'graduation',
        'memory',
        'relationship',
      ])
      await expectSound(store)
      const after = await digestOf(memory)
      const undone = await memory.undo({ receipt: done.receipt! })
      expect(await digestOf(memory)).toBe(before)
      expect(await memory.get({ id })).toMatchObject({ status: 'active', graduated_to_entity_id: null })
      expect(await refusalOf(memory.entity_get({ id: 'gateway' }))).toMatchObject({ code: 'NOT_FOUND' })
      await memory.undo({ receipt: undone.receipt! })
      expect(await digestOf(memory)).toBe(after)
      await expectSound(store)
    })

    it('is named, with the way back, where the memory would be revised, shared or named as a successor', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const { id } = await memory.remember(CLAIM)
      const done = await memory.graduate({ id, type: 'service', name: 'Gateway' })
      const { id: active } = await memory.remember({ content: 'something else' })
      const later = [
        memory.revise({ id, content: 'said otherwise' }),
        memory.share({ id, to: 'project:hermes' }),
        memory.supersede({ id: active, by: id }),
      ]
      for (const refusal of await Promise.all(later.map(refusalOf))) {
        expect(refusal.code).toBe('ILLEGAL_TRANSITION')
        expect(refusal.message).toContain(
          `it graduated, and became the ${done.entity.type} “${done.entity.name}”`,
        )
        expect(refusal.message).toContain(`heirloom entity update ${done.entity.id}`)
        expect(refusal.message).toContain(`heirloom undo ${done.receipt}`)
        expect(refusal.message).not.toContain('heirloom restore')
      }
    })

    it('goes into an entity that is there: its own values stay, and differing ones are told', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const { id: entity } = await memory.entity_create({
        type: 'service',
        name: 'Gateway',
        project: 'apollo',
        properties: { port: 9090 },
      })
      const first = await memory.remember({
        ...CLAIM,
        slot: { ...CLAIM.slot, attribute: 'owner', value: 'Ada' },
        content: 'Ada owns the gateway',
      })
      const before = await digestOf(memory)
      const joined = await memory.graduate({ id: first.id, into: 'gateway' })
      expect(joined).toMatchObject({
        outcome: 'joined',
        graduated_to_entity_id: entity,
        properties_gained: [{ property: 'owner', value: 'Ada' }],
        entity: { properties: { port: 9090, owner: 'Ada' }, revision: 2, description: null },
      })
      await memory.undo({ receipt: joined.receipt! })
      expect(await digestOf(memory)).toBe(before)
      const second = await memory.remember(CLAIM)
      expect(second.conflict).not.toBeNull()
      const refused = await refusalOf(memory.graduate({ id: second.id, into: entity }))
      const id = second.conflict?.id ?? ''
      expect(refused.code).toBe('CONFLICT')
      expect(refused.message).toContain(`heirloom resolve ${id}`)
      await memory.resolve({ id, keep_both: true, because: 'one inside, one outside' })
      const differing = await memory.graduate({ id: second.id, into: entity })
      expect(differing).toMatchObject({
        properties_gained: [],
        entity: { properties: { port: 9090 }, revision: 1 },
      })
      expect(differing.notices.join()).toMatch(/“Gateway” has another value for port, which stays/)
      expect(differing.notices.join()).not.toContain('8080')
      expect((await memory.conflicts({})).conflicts).toEqual([])
      await expectSound(store)
    })

    it('ends no conflict: the entity goes on in it, or nothing is done', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const { id } = await memory.remember(CLAIM)
      const other = { ...CLAIM, content: 'Port 9090', slot: { ...CLAIM.slot, value: '9090' } }
      const { id: rival, conflict } = await memory.remember(other)
      const { id: third } = await memory.remember({
        ...other,
        content: 'Port 7070',
        slot: { ...other.slot, value: '7070' },
      })
      const made = { type: 'service', name: 'Gateway' }
      const { id: elsewhere } = await memory.entity_create({ ...made, name: 'Proxy', project: 'apollo' })
      const before = (await memory.digest({})).full
      for (const lost of [{ into: elsewhere }, { ...made, candidate: true }, { ...made, name: 'Other' }]) {
        await expect(memory.graduate({ id, ...lost })).rejects.toMatchObject({
          code: 'CONFLICT',
          message: expect.stringContaining(`memory ${id} is in the open conflict ${conflict?.id}`),
        })
      }
      expect((await memory.digest({})).full).toBe(before)
      const done = await memory.graduate({ id, ...made })
      expect(done.conflict?.id).toBe(conflict?.id)
      const open = await memory.conflict({ id: conflict?.id ?? '' })
      const claiming = open.members.filter(({ claims_it }) => claims_it)
      expect(claiming.map(member => member.id).sort()).toEqual([rival, third, done.entity.id].sort())
      // Three differ still, but nobody would say any more what this one said.
      await expect(memory.graduate({ id: rival, into: done.entity.id })).rejects.toMatchObject({
        code: 'CONFLICT',
      })
      const agreeing = await memory.remember({ ...CLAIM, content: 'The gateway: port 8080' })
      expect(agreeing.conflict?.id).toBe(conflict?.id)
      expect((await memory.graduate({ id: agreeing.id, into: done.entity.id })).outcome).toBe('joined')
      await expectSound(store)
    })

    it('may only propose the entity, and takes what is given for it', async () => {
      await using store = await engine.open({ actor: 'agent' })
      const { memory } = store
      const { id } = await memory.remember({ content: 'x'.repeat(20_000) })
      const done = await memory.graduate({
        id,
        type: 'decision',
        name: 'Long',
        candidate: true,
        project: 'hermes',
      })
      expect(done.entity).toMatchObject({
        status: 'candidate',
        description: null,
        project: 'hermes',
        trust: 'inferred',
      })
      expect(done.notices.join()).toContain('too long')
      expect(done.notices.join()).toContain('heirloom review')
      const other = (await memory.remember({ content: 'short', slot: CLAIM.slot })).id
      const described = await memory.graduate({
        id: other,
        type: 'decision',
        name: 'Short',
        description: 'Better.',
      })
      expect(described.entity).toMatchObject({ description: 'Better.', properties: { port: '8080' } })
      expect(described.notices.join()).toContain('was said of “gateway”')
      await expectSound(store)
    })

    it('is for active and trusted memories alone, and once', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const made = { type: 'decision', name: 'One' }
      const remember = async (content: string, also = {}) => (await memory.remember({ content, ...also })).id
      const [retired, invalid, candidate, untrusted, active] = [
        await remember('a'),
        await remember('b'),
        await remember('c', { candidate: true }),
        await remember('d', { third_party: true }),
        await remember('e'),
      ]
      await memory.forget({ id: retired! })
      await memory.invalidate({ id: invalid! })
      const before = await digestOf(memory)
      for (const [id, state] of [
        [retired, 'retired'],
        [invalid, 'invalid'],
        [candidate, 'candidate'],
        [untrusted, 'candidate'],
      ] as const) {
        const refused = await refusalOf(memory.graduate({ id: id!, ...made }))
        expect(refused).toMatchObject({ code: 'ILLEGAL_TRANSITION' })
        expect(refused.message).toContain(`it is ${state}`)
      }
      await store.raw(`update memories set trust = 'untrusted' where id = '${active}'`)
      expect((await refusalOf(memory.graduate({ id: active!, ...made }))).message).toContain(
        'heirloom promote',
      )
      await store.raw(`update memories set trust = 'stated' where id = '${active}'`)
      expect(await digestOf(memory)).toBe(before)
      const { entity } = await memory.graduate({ id: active!, ...made })
      const twice = await refusalOf(memory.graduate({ id: active!, type: 'decision', name: 'Two' }))
      expect(twice).toMatchObject({ code: 'ILLEGAL_TRANSITION' })
      expect(twice.message).toContain(`the decision “One” (${entity.id})`)
      for (const step of ['forget', 'invalidate', 'restore'] as const)
        expect(await refusalOf(memory[step]({ id: active! }))).toMatchObject({ code: 'ILLEGAL_TRANSITION' })
    })

    it('refuses what does not say what the memory becomes', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const { id } = await memory.remember({ content: 'a' })
      const { Gate } = await things(memory, 'component', ['Gate', 'Old'])
      const before = await digestOf(memory)
      const wrong: [object, string][] = [
        [{}, 'INVALID_INPUT'],
        [{ type: 'component' }, 'INVALID_INPUT'],
        [{ name: 'x' }, 'INVALID_INPUT'],
        [{ into: Gate, type: 'component' }, 'INVALID_INPUT'],
        [{ into: Gate, candidate: true }, 'INVALID_INPUT'],
        [{ into: 'nobody' }, 'NOT_FOUND'],
        [{ id: UNKNOWN, into: Gate }, 'NOT_FOUND'],
        [{ type: 'component', name: 'gate' }, 'DUPLICATE'],
      ]
      for (const [also, code] of wrong)
        expect(
          await refusalOf(memory.graduate({ id, ...also } as never)),
          JSON.stringify(also),
        ).toMatchObject({ code })
      expect(await digestOf(memory)).toBe(before)
      const { Old } = { Old: (await memory.entity_get({ id: 'Old' })).id }
      await memory.forget({ id: Old })
      expect(await refusalOf(memory.graduate({ id, into: Old }))).toMatchObject({
        code: 'ILLEGAL_TRANSITION',
      })
    })
  })
}
