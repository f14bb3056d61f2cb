import { describe, expect, it } from 'vitest'
import type { TestEngine, TestStore } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'
import { digestOf, refusalOf } from '../kit/things.ts'

const CLAIM = {
  content: 'The gateway listens on port 8080',
  slot: { subject: 'gateway', attribute: 'port', value: '8080' },
  project: 'apollo',
}

/** A memory that graduated to an entity which is only proposed. */
async function proposed({ memory }: TestStore) {
  const { id } = await memory.remember(CLAIM)
  const before = await memory.get({ id })
  const graduated = await memory.graduate({ id, type: 'service', name: 'Gateway', candidate: true })
  return { id, before, entity: graduated.entity.id, graduated: graduated.receipt! }
}

const found = async ({ memory }: TestStore) =>
  (await memory.recall({ query: 'gateway port' })).results.map(({ id }) => id)

export function returning(engine: TestEngine): void {
  describe('a memory that was to become an entity which nobody wants', () => {
    it('is active again, whichever way the entity is turned down', async () => {
      const ways = {
        reject: (store: TestStore, id: string) => store.memory.reject({ id }),
        review: (store: TestStore, id: string) =>
          store.memory.review({ decisions: [{ id, decision: 'reject' }] }),
        forget: (store: TestStore, id: string) => store.memory.forget({ id }),
      }
      for (const [way, turnDown] of Object.entries(ways)) {
        await using store = await engine.open({ actor: 'person' })
        const { memory } = store
        const { id, before, entity, graduated } = await proposed(store)
        expect(await found(store), way).toEqual([])
        const standing = await digestOf(memory)
        const turned = await turnDown(store, entity)
        expect(JSON.stringify(turned), way).toContain(
          `Memory ${id}, which had graduated to it, is active again`,
        )
        expect(await found(store), way).toEqual([id])
        expect(await memory.get({ id })).toMatchObject({
          status: 'active',
          graduated_to_entity_id: null,
          revision: before.revision,
        })
        const { entries } = await memory.journal({ operation: way })
        expect(entries.map(one => `${one.subject_kind} ${one.subject_id}`).sort()).toEqual(
          [`entity ${entity}`, `graduation ${id}`, `memory ${id}`].sort(),
        )
        await expectSound(store)
        expect(await refusalOf(memory.undo({ receipt: graduated }))).toMatchObject({ code: 'CONFLICT' })
        const after = await digestOf(memory)
        const undone = await memory.undo({ receipt: turned.receipt! })
        expect(await digestOf(memory), way).toBe(standing)
        expect((await memory.get({ id })).graduated_to_entity_id).toBe(entity)
        await memory.undo({ receipt: undone.receipt! })
        expect(await digestOf(memory), way).toBe(after)
        await expectSound(store)
      }
    })

    it('claims again what it claimed, and is told what that contradicts', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const { id, entity } = await proposed(store)
      const slot = { ...CLAIM.slot, value: '9090' }
      const other = await memory.remember({ ...CLAIM, content: 'It listens on 9090', slot })
      expect(other.conflict).toBeNull()
      const rejected = await memory.reject({ id: entity })
      expect(rejected.notices.join()).toContain('heirloom resolve')
      const { conflicts } = await memory.conflicts({})
      expect(conflicts[0]?.members.map(member => member.id).sort()).toEqual([id, other.id].sort())
      await expectSound(store)
    })

    it('stays where it is if it was remembered anew meanwhile, or if the entity had been agreed on', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const { id, entity } = await proposed(store)
      const anew = await memory.remember(CLAIM)
      expect(anew).toMatchObject({ outcome: 'remembered' })
      expect((await memory.reject({ id: entity })).notices).toEqual([])
      expect((await memory.get({ id })).status).toBe('graduated')
      expect(await found(store)).toEqual([anew.id])
      const agreed = await memory.graduate({ id: anew.id, type: 'service', name: 'Gate' })
      await memory.invalidate({ id: agreed.entity.id })
      expect((await memory.get({ id: anew.id })).status).toBe('graduated')
      await expectSound(store)
    })

    it('is all that graduated to it, and of a file too', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const { id, entity } = await proposed(store)
      await memory.ingest({ text: '# Gateway\n\nIts port faces outside.\n', name: 'guide.md' })
      const passage = (await memory.list({ kind: ['passage'] })).results[0]!.id
      await memory.graduate({ id: passage, into: entity })
      await memory.reject({ id: entity })
      expect((await found(store)).sort()).toEqual([id, passage].sort())
      await memory.restore({ id: entity })
      expect((await memory.entity_get({ id: entity })).graduated_memories).toEqual([])
      await memory.graduate({ id, into: entity })
      await expectSound(store)
    })
  })
}
