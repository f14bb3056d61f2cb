import { describe, expect, it } from 'vitest'
import type { TestEngine, TestStore } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'

/** The names of the entities that a memory mentions. */
async function mentionedBy({ memory }: TestStore, id: string): Promise<string[]> {
  return (await memory.get({ id })).mentions.map(({ name }) => name).sort()
}

export function mentioning(engine: TestEngine): void {
  describe('mentions', () => {
    it('are found in what is remembered, by names and aliases, the longest first', async () => {
      await using store = await engine.open()
      const { memory } = store
      await memory.entity_create({ type: 'service', name: 'Payment Service', aliases: ['PayServ'] })
      await memory.entity_create({ type: 'component', name: 'Payment' })
      await memory.entity_create({ type: 'component', name: '東京タワー' })
      const cases: readonly [string, string[]][] = [
        ['The payment-service restarts at night', ['Payment Service']],
        ['PAYSERV is slow; payment is fast', ['Payment', 'Payment Service']],
        ['Prepayment servicemen', []],
        ['昨日東京タワーに行った', ['東京タワー']],
        ['Payment Service, and again the payment service', ['Payment Service']],
      ]
      for (const [content, names] of cases) {
        const { id } = await memory.remember({ content })
        expect(await mentionedBy(store, id), content).toEqual(names)
      }
      await expectSound(store)
    })

    it('are the same whether the entity or the memory comes first', async () => {
      await using store = await engine.open()
      const { memory } = store
      const texts = [
        'The gateway drops C++ headers',
        'C is not meant',
        'the GATEWAY: rebooted',
        'nothing here',
      ]
      const before: string[] = []
      for (const content of texts) before.push((await memory.remember({ content })).id)
      await memory.entity_create({ type: 'component', name: 'Gateway' })
      await memory.entity_create({ type: 'interface', name: 'C++' })
      const after: string[] = []
      for (const content of texts) after.push((await memory.remember({ content: `${content}.` })).id)
      for (const [index, id] of before.entries()) {
        expect(await mentionedBy(store, id), texts[index]).toEqual(await mentionedBy(store, after[index]!))
      }
      expect(await mentionedBy(store, before[0]!)).toEqual(['C++', 'Gateway'])
      expect(await mentionedBy(store, before[1]!)).toEqual([])
      await expectSound(store)
    })

    it('follow aliases, revisions, and what becomes of the entity', async () => {
      await using store = await engine.open()
      const { memory } = store
      const { id } = await memory.remember({ content: 'The switch in rack four is loud' })
      const entity = await memory.entity_create({ type: 'component', name: 'GS-24' })
      expect(await mentionedBy(store, id)).toEqual([])
      await memory.entity_update({ id: entity.id, aliases: ['switch'] })
      expect(await mentionedBy(store, id)).toEqual(['GS-24'])
      await memory.revise({ id, content: 'The fan in rack four is loud' })
      expect(await mentionedBy(store, id)).toEqual([])
      await memory.revise({ id, content: 'The switch in rack four is silent' })
      await memory.entity_update({ id: entity.id, clear: ['aliases'] })
      expect(await mentionedBy(store, id)).toEqual([])
      await memory.entity_update({ id: entity.id, aliases: ['switch'] })
      await memory.forget({ id: entity.id })
      expect(await mentionedBy(store, id)).toEqual([])
      await memory.restore({ id: entity.id })
      expect(await mentionedBy(store, id)).toEqual(['GS-24'])
      await expectSound(store)
    })

    it('keep to the project: its own entities before those of none, another project’s never', async () => {
      await using store = await engine.open()
      const { memory } = store
      const own = await memory.entity_create({ type: 'service', name: 'Billing', project: 'apollo' })
      const none = await memory.entity_create({ type: 'service', name: 'Billing' })
      await memory.entity_create({ type: 'service', name: 'Ledger', project: 'apollo' })
      const ids = async (content: string, project?: string) => {
        const { id } = await memory.remember({ content, project })
        return (await memory.get({ id })).mentions.map(entity => entity.id)
      }
      expect(await ids('billing is down', 'apollo')).toEqual([own.id])
      expect(await ids('billing is down', 'gemini')).toEqual([none.id])
      expect(await ids('billing is down again')).toEqual([none.id])
      expect(await ids('the ledger is balanced', 'gemini')).toEqual([])
      expect(await ids('the ledger is balanced')).toHaveLength(1)
      await expectSound(store)
    })

    it('let recall find by one name what was said by another', async () => {
      await using store = await engine.open()
      const { memory } = store
      const { id } = await memory.remember({ content: 'GS-24 loses packets when it is hot' })
      for (let index = 0; index < 30; index++)
        await memory.remember({ content: `Nothing to see in room number ${index}` })
      const query = 'why is the gigabit switch unreliable'
      const found = async (without: 'mentions'[] = []) =>
        (await memory.recall({ query, without })).results.map(result => result.id)
      expect(await found()).not.toContain(id)
      const entity = await memory.entity_create({
        type: 'component',
        name: 'Gigabit switch',
        aliases: ['GS-24'],
      })
      expect((await found()).slice(0, 2).sort()).toEqual([id, entity.id].sort())
      expect(await found(['mentions'])).toEqual([entity.id])
      await memory.forget({ id })
      expect(await found()).toEqual([entity.id])
    })
  })

  describe('mentions that are not whole', () => {
    it('are told of wherever they count, and nowhere once they are', async () => {
      await using store = await engine.open()
      const { memory } = store
      const { id } = await memory.remember({ content: 'The radio is quiet' })
      const { id: radio } = await memory.entity_create({ type: 'component', name: 'Radio' })
      const told = async () => [
        (await memory.recall({ query: 'radio' })).notices,
        (await memory.context({ prompt: 'radio' })).notices,
        (await memory.get({ id })).notices ?? [],
        (await memory.entity_get({ id: radio })).notices,
      ]
      expect(await told()).toEqual([[], [], [], []])
      await store.raw(`update artefacts set needs_rebuild = 1 where name = 'mentions'`)
      for (const notices of await told())
        expect(notices).toEqual([
          expect.stringMatching(/index of mentions is being rebuilt.*doctor --repair/),
        ])
      // What was known earlier says nothing of mentions.
      const past = await memory.get({ id, as_of: store.clock.now() })
      expect(past.notices).toBeUndefined()
      await memory.doctor({ repair: true })
      expect(await told()).toEqual([[], [], [], []])
      await expectSound(store)
    })
  })

  describe('recall of entities', () => {
    it('finds them by name, alias and description, among memories and under a project', async () => {
      await using store = await engine.open()
      const { memory } = store
      const entity = await memory.entity_create({
        type: 'decision',
        name: 'Use PostgreSQL',
        aliases: ['ADR-7'],
        description: 'Chosen for logical replication',
        project: 'apollo',
      })
      const { id } = await memory.remember({ content: 'PostgreSQL replication lags', project: 'apollo' })
      const found = async (query: string, filter: object = {}) =>
        (await memory.recall({ query, ...filter })).results.map(result => [result.record, result.id])
      expect(await found('ADR-7')).toEqual([['entity', entity.id]])
      for (const filter of [{}, { project: 'apollo' }]) {
        expect((await found('postgresql replication', filter)).sort()).toEqual(
          [
            ['entity', entity.id],
            ['memory', id],
          ].sort(),
        )
      }
      expect(await found('postgresql replication', { project: 'gemini' })).toEqual([])
      expect(await found('postgresql replication', { kind: ['note'] })).toEqual([['memory', id]])
      const { results } = await memory.recall({ query: 'ADR-7' })
      expect(results[0]).toMatchObject({ kind: 'decision', title: 'Use PostgreSQL', project: 'apollo' })
      await memory.invalidate({ id: entity.id })
      expect(await found('ADR-7')).toEqual([])
      await expectSound(store)
    })
  })
}
