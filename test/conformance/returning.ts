import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type TestEngine, type TestStore, temporaryFolder } from '../kit/engines.ts'
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
  const { evidence, receipt } = graduated
  return { id, before, entity: graduated.entity.id, evidence, graduated: receipt! }
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
        const { id, before, entity, evidence, graduated } = await proposed(store)
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
          [`entity ${entity}`, `graduation ${id}`, `memory ${id}`, `relationship ${evidence}`].sort(),
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
      const { conflicts } = await memory.conflicts({})
      expect(rejected.conflict).toMatchObject({ id: conflicts[0]?.id, members_total: 2 })
      expect(rejected.notices).toEqual([
        expect.stringContaining('is active again'),
        expect.stringContaining(`heirloom resolve ${conflicts[0]?.id}`),
      ])
      expect(conflicts[0]?.members.map(member => member.id).sort()).toEqual([id, other.id].sort())
      await expectSound(store)
    })

    it('stays where it is if it was remembered anew meanwhile, or if the entity had been agreed on', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const { id, entity } = await proposed(store)
      const anew = await memory.remember(CLAIM)
      expect(anew).toMatchObject({ outcome: 'remembered' })
      expect((await memory.reject({ id: entity })).notices).toEqual([
        `Memory ${id} stays graduated, since memory ${anew.id} says the same.`,
      ])
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

    it('is its evidence no longer, so that nothing is left to review', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const { entity, evidence } = await proposed(store)
      const waiting = async () =>
        (await memory.review({})).groups.flatMap(({ items }) => items.map(item => item.id))
      expect(await waiting()).toContain(evidence)
      const { receipt } = await memory.reject({ id: entity })
      expect(await waiting()).toEqual([])
      expect(await refusalOf(memory.promote({ id: evidence }))).toMatchObject({ code: 'ILLEGAL_TRANSITION' })
      await memory.undo({ receipt: receipt! })
      expect(await waiting()).toContain(evidence)
      await expectSound(store)
    })

    it('is superseded where it has left its file meanwhile, unless it is in it again', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const inFile = (text: string) =>
        memory.ingest({ text: `# Fan\n\nIt is quiet.\n${text}`, name: 'guide.md' })
      const text = '\n# Gateway\n\nIts port faces outside.\n'
      const recalled = async () => {
        const { results } = await memory.recall({ query: 'gateway port' })
        return results.filter(({ content }) => content.includes('port')).map(({ id }) => id)
      }
      await inFile(text)
      const id = (await recalled())[0]!
      const graduate = () => memory.graduate({ id, type: 'service', name: 'Gateway', candidate: true })
      for (const [now, others] of [
        [text.replace('outside', 'inside now, and is locked'), 1],
        ['', 0],
      ] as const) {
        const { entity } = await graduate()
        await inFile(now)
        const standing = await digestOf(memory)
        const rejected = await memory.reject({ id: entity.id })
        expect(rejected.notices).toEqual([
          `Memory ${id}, which had graduated to it, is superseded: it has left its file meanwhile.`,
        ])
        expect(await memory.get({ id })).toMatchObject({ status: 'superseded', graduated_to_entity_id: null })
        const there = await recalled()
        expect(there).toHaveLength(others)
        expect(there).not.toContain(id)
        await memory.undo({ receipt: rejected.receipt! })
        expect(await digestOf(memory)).toBe(standing)
        await memory.reject({ id: entity.id })
        await inFile(text)
        expect(await recalled()).toEqual([id])
      }
      const { entity } = await graduate()
      await inFile('')
      await inFile(`${text}\nIt is green.\n`)
      await inFile(text)
      await memory.reject({ id: entity.id })
      expect(await recalled()).toEqual([id])
      await expectSound(store)
    })

    it('is superseded where its conversation has left the file', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const talks = (ids: readonly string[]) => {
        const told = ids.map(id => ({ id, messages: [{ role: 'Ada', content: `The gateway of ${id}` }] }))
        return { text: JSON.stringify(told), name: 'talks.json' }
      }
      await memory.ingest(talks(['one', 'two']))
      const { results } = await memory.recall({ query: 'gateway of two' })
      const { id } = results.find(({ content }) => content.includes('two'))!
      const { entity } = await memory.graduate({ id, type: 'service', name: 'Two', candidate: true })
      await memory.ingest(talks(['one']))
      await memory.reject({ id: entity.id })
      expect((await memory.get({ id })).status).toBe('superseded')
      await expectSound(store)
    })

    it('is of its file under the name that this has by then, or of one that is told to be gone', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const folder = temporaryFolder()
      const [old, renamed] = ['old.md', 'new.md'].map(name => join(folder, name)) as [string, string]
      writeFileSync(old, '# Gateway\n\nIts port faces outside.\n')
      await memory.ingest({ paths: [folder] })
      const [id = ''] = await found(store)
      const { entity } = await memory.graduate({ id, type: 'service', name: 'Gateway', candidate: true })
      renameSync(old, renamed)
      expect(await memory.ingest({ paths: [folder] })).toMatchObject({ added: 0, notices: [] })
      rmSync(renamed)
      expect((await memory.ingest({ paths: [folder] })).notices.join()).not.toContain('no longer there')
      await memory.reject({ id: entity.id })
      expect(await found(store)).toEqual([id])
      expect((await memory.get({ id })).file).toBe(renamed)
      expect((await memory.ingest({ paths: [folder] })).notices.join()).toContain('no longer there: new.md')
      await expectSound(store)
    })

    it('waits for a decision on what says the same and is only proposed', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const { id, entity } = await proposed(store)
      const twin = await memory.remember({ ...CLAIM, candidate: true })
      const standing = await digestOf(memory)
      const refusal = await refusalOf(memory.reject({ id: entity }))
      expect(refusal).toMatchObject({ code: 'DUPLICATE' })
      expect(refusal.message).toContain(`heirloom reject ${twin.id}`)
      expect(await digestOf(memory)).toBe(standing)
      await memory.reject({ id: twin.id })
      await memory.reject({ id: entity })
      expect(await found(store)).toEqual([id])
      await expectSound(store)
    })

    it('comes back once where two say the same', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const { id, entity } = await proposed(store)
      const again = await memory.remember(CLAIM)
      await memory.graduate({ id: again.id, into: entity })
      expect((await memory.reject({ id: entity })).notices).toEqual([
        `Memory ${id}, which had graduated to it, is active again.`,
        `Memory ${again.id} stays graduated, since memory ${id} says the same.`,
      ])
      await expectSound(store)
    })

    it('is named with a few others, and a contradiction of theirs once', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const { entity } = await proposed(store)
      for (const value of ['1', '2', '3', '4']) {
        const slot = { ...CLAIM.slot, value }
        const { id } = await memory.remember({ ...CLAIM, content: `It listens on ${value}`, slot })
        await memory.graduate({ id, into: entity })
      }
      const { conflict, notices } = await memory.reject({ id: entity })
      expect(conflict?.members_total).toBe(5)
      expect(notices).toEqual([
        ...Array(3).fill(expect.stringContaining('is active again')),
        'Active again besides: 2 more.',
        expect.stringContaining(`heirloom resolve ${conflict?.id}`),
      ])
      await expectSound(store)
    })
  })
}
