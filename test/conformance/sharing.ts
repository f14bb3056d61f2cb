import { describe, expect, it } from 'vitest'
import { LIMITS } from '../../src/model/memory.ts'
import { erase, openBeneath } from '../kit/beneath.ts'
import type { TestEngine, TestStore } from '../kit/engines.ts'
import { linkRows } from '../kit/graphs.ts'
import { expectSound } from '../kit/invariants.ts'
import { full } from '../kit/samples.ts'

const UNKNOWN = '01900000-0000-7000-8000-00000000ffff'

async function refusal(call: Promise<unknown>): Promise<{ code: string; message: string }> {
  const error = await call.then(
    () => new Error('it was not refused'),
    (caught: unknown) => caught,
  )
  return error as never
}

export function sharingMemories(engine: TestEngine): void {
  describe('share', () => {
    it('refuses what does not hold any more', async () => {
      await using store = await engine.open()
      const past = { content: 'over', valid_until: '2020-01-01' }
      const { id } = await store.memory.remember(past)
      const { code, message } = await refusal(store.memory.share({ id, to: 'project:hermes' }))
      expect(code).toBe('ILLEGAL_TRANSITION')
      expect(message).toContain('--valid-until')
      expect(await linkRows(store)).toEqual([])
    })

    it('makes a copy that says what the source says, with a link and a tag', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory, address: _address } = store
      const { id: source } = await memory.remember(full())
      const shared = await memory.share({ id: source, to: 'project:Hermes Two', note: 'they need it' })
      expect(shared).toMatchObject({ source, outcome: 'shared', project: 'hermes-two', status: 'active' })
      expect(shared.store).toBe((await memory.status({})).store)
      expect(shared.id).not.toBe(source)
      const of = async (id: string) => {
        const {
          id: _id,
          partition: _partition,
          origin: _origin,
          tags,
          project,
          ...said
        } = await memory.get({
          id,
        })
        return { tags, project, said: { ...said, reference_count: 0, last_referenced_at: null } }
      }
      const [original, copy] = [await of(source), await of(shared.id)]
      expect(copy.said).toEqual(original.said)
      expect(copy.project).toBe('hermes-two')
      expect(copy.tags).toEqual([...original.tags, `shared-from=${source}`])
      expect(await linkRows(store)).toMatchObject([
        {
          target_id: shared.id,
          type: 'shared_from',
          source_id: source,
          target_partition: 'hermes-two/decision',
        },
      ])
      expect((await memory.get({ id: shared.id })).origin).toBe(`shared from ${source} (Ports of staging)`)
      expect((await memory.recall({ query: 'staging', project: 'hermes-two' })).results).toMatchObject([
        { id: shared.id },
      ])
      const { entries } = await memory.journal({ limit: 3 })
      expect(entries.map(entry => [entry.operation, entry.subject_kind, entry.note])).toEqual([
        ['share', 'link', 'they need it'],
        ['share', 'memory', 'they need it'],
        ['share', 'project', 'they need it'],
      ])
      await expectSound(store)
    })

    it('gives the copy a life of its own', async () => {
      await using store = await openBeneath(engine)
      const { memory } = store
      const { id } = await memory.remember({ content: 'the bridge opens at nine' })
      const { id: copy } = await memory.share({ id, to: 'project:harbour' })
      await memory.revise({ id, content: 'the bridge opens at ten' })
      expect(await memory.get({ id: copy })).toMatchObject({
        content: 'the bridge opens at nine',
        revision: 1,
      })
      await memory.revise({ id: copy, content: 'our bridge opens at nine' })
      expect(await memory.get({ id })).toMatchObject({ content: 'the bridge opens at ten' })
      await memory.forget({ id })
      expect((await memory.get({ id: copy })).status).toBe('active')
      await erase(store, id)
      expect(await memory.get({ id: copy })).toMatchObject({
        content: 'our bridge opens at nine',
        status: 'active',
        tags: [`shared-from=${id}`],
      })
      expect((await memory.lineage({ id: copy })).nodes).toMatchObject([
        { id: copy, state: 'live' },
        { id, state: 'erased' },
      ])
    })

    it('answers with the copy while it lives, and makes another after it', async () => {
      await using store = await engine.open()
      const { memory } = store
      const { id } = await memory.remember({ content: 'a fact' })
      const to = 'project:harbour'
      const first = await memory.share({ id, to })
      const sequence = (await memory.journal({ limit: 1 })).entries[0]?.sequence
      expect(await memory.share({ id, to: 'project:Harbour' })).toEqual({
        ...first,
        outcome: 'already_shared',
        receipt: null,
      })
      expect((await memory.journal({ limit: 1 })).entries[0]?.sequence).toBe(sequence)
      await memory.revise({ id: first.id, content: 'a fact, as we say it' })
      expect(await memory.share({ id, to })).toMatchObject({
        id: first.id,
        outcome: 'already_shared',
        notices: [],
      })
      await memory.forget({ id: first.id })
      const second = await memory.share({ id, to })
      expect(second).toMatchObject({ outcome: 'shared' })
      expect(second.id).not.toBe(first.id)
      expect((await memory.links({ id })).fan_out.map(link => [link.id, link.state])).toEqual([
        [first.id, 'retired'],
        [second.id, 'live'],
      ])
      await expectSound(store)
    })

    it('says that the source has changed, and makes another copy only when told to', async () => {
      await using store = await engine.open()
      const { memory } = store
      const { id } = await memory.remember({ content: 'port 8080' })
      const to = 'project:harbour'
      const first = await memory.share({ id, to })
      await memory.revise({ id, content: 'port 9090' })
      const answer = await memory.share({ id, to })
      expect(answer).toMatchObject({ id: first.id, outcome: 'already_shared' })
      expect(answer.notices.join()).toMatch(/source has changed.*--again/)
      expect((await memory.get({ id: first.id })).content).toBe('port 8080')
      const again = await memory.share({ id, to, again: true })
      expect(again).toMatchObject({ outcome: 'shared', notices: [] })
      expect((await memory.get({ id: again.id })).content).toBe('port 9090')
      const { fan_out } = await memory.links({ id })
      expect(fan_out.map(link => link.id)).toEqual([first.id, again.id])
      await expectSound(store)
    })

    it('after --again answers with the copy that says what the source says', async () => {
      await using store = await engine.open()
      const { memory } = store
      const { id } = await memory.remember({ content: 'port 8080' })
      const to = 'project:harbour'
      await memory.share({ id, to })
      await memory.revise({ id, content: 'port 9090' })
      const again = await memory.share({ id, to, again: true })
      expect(await memory.share({ id, to })).toEqual({
        ...again,
        outcome: 'already_shared',
        receipt: null,
      })
    })

    it('is done once under one key', async () => {
      await using store = await engine.open()
      const { memory } = store
      const { id } = await memory.remember({ content: 'a fact' })
      const call = { id, to: 'project:harbour', idempotency_key: 'k' }
      const first = await memory.share(call)
      expect(await memory.share(call)).toEqual(first)
      expect(await linkRows(store)).toHaveLength(1)
    })

    it('makes a project that is new, and offers one that is nearly it', async () => {
      await using store = await engine.open()
      const { memory } = store
      await memory.remember({ content: 'elsewhere', project: 'harbour' })
      const { id } = await memory.remember({ content: 'a fact' })
      const { project, notices } = await memory.share({ id, to: 'project:harbor' })
      expect(project).toBe('harbor')
      expect(notices.join()).toMatch(/"harbor" is new\. Did you mean harbour\?/)
      const { projects } = (await memory.project({ action: 'list' })) as { projects: { name: string }[] }
      expect(projects.map(({ name }) => name)).toEqual(['harbor', 'harbour'])
      await memory.project({ action: 'alias', name: 'harbour', alias: 'port' })
      expect(await memory.share({ id, to: 'port' }).catch(error => error)).toMatchObject({
        code: 'INVALID_INPUT',
      })
      expect(await memory.share({ id, to: 'project:port' })).toMatchObject({
        project: 'harbour',
        notices: [],
      })
      await expectSound(store)
    })

    it('of a copy leads to the copy, whose tag gives way, and lineage shows all', async () => {
      await using store = await engine.open()
      const { memory } = store
      const { id: a } = await memory.remember({ content: 'a fact', tags: ['own'], project: 'one' })
      const { id: b } = await memory.share({ id: a, to: 'project:two' })
      const { id: c } = await memory.share({ id: b, to: 'project:three' })
      expect((await memory.get({ id: c })).tags).toEqual(['own', `shared-from=${b}`])
      expect((await memory.links({ id: c })).sources.map(link => link.id)).toEqual([b])
      for (const id of [a, b, c]) {
        const { nodes, edges, cut } = await memory.lineage({ id })
        expect(nodes.map(node => node.id).sort()).toEqual([a, b, c].sort())
        expect(edges.map(({ source, target }) => `${source} ${target}`).sort()).toEqual(
          [`${a} ${b}`, `${b} ${c}`].sort(),
        )
        expect(cut).toBe(null)
      }
      await expectSound(store)
    })

    it('leaves the tag out where there are as many as there may be', async () => {
      await using store = await engine.open()
      const tags = Array.from({ length: LIMITS.tags }, (_, index) => `t${index}`)
      const { id } = await store.memory.remember({ content: 'a fact', tags })
      const shared = await store.memory.share({ id, to: 'project:harbour' })
      expect(shared.notices.join()).toContain('its link tells the same')
      expect((await store.memory.get({ id: shared.id })).tags).toEqual(tags)
      expect(await linkRows(store)).toHaveLength(1)
    })

    it('refuses what waits for review', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const { id } = await memory.remember({ content: 'the moon is a lamp', third_party: true })
      const error = await memory.share({ id, to: 'project:sky' }).catch((caught: unknown) => caught)
      expect(error).toMatchObject({ code: 'ILLEGAL_TRANSITION' })
      expect(String(error)).toMatch(new RegExp(`it is candidate.*heirloom promote ${id}`))
      await memory.promote({ id })
      const { id: copy } = await memory.share({ id, to: 'project:sky' })
      expect(await memory.get({ id: copy })).toMatchObject({ status: 'active', trust: 'observed' })
      await expectSound(store)
    })
  })
  refusing(engine)
}

function refusing(engine: TestEngine): void {
  describe('share refuses', () => {
    it('what is not live, and names its state', async () => {
      await using store = await engine.open()
      const { memory, raw } = store
      const made = async (content: string) => (await memory.remember({ content })).id
      const [retired, invalid, superseded] = [await made('a'), await made('b'), await made('c')]
      await memory.forget({ id: retired })
      await memory.invalidate({ id: invalid })
      await memory.supersede({ id: superseded, content: 'd' })
      const candidate = await made('e')
      await raw(`update memories set status = 'candidate' where id = '${candidate}'`)
      for (const [id, status] of Object.entries({
        [retired]: 'retired',
        [invalid]: 'invalid',
        [superseded]: 'superseded',
        [candidate]: 'candidate',
      })) {
        const { code, message } = await refusal(memory.share({ id, to: 'project:harbour' }))
        expect(code).toBe('ILLEGAL_TRANSITION')
        expect(message).toContain(`it is ${status}`)
        expect(message).toMatch(status === 'candidate' ? /heirloom promote/ : /heirloom restore/)
      }
      const { code } = await refusal(memory.share({ id: UNKNOWN, to: 'project:harbour' }))
      expect(code).toBe('NOT_FOUND')
      await nothingShared(store)
    })

    it('the place where it is already, by any of its names', async () => {
      await using store = await engine.open()
      const { memory } = store
      const { id } = await memory.remember({ content: 'a fact', project: 'Optics Lab' })
      await memory.project({ action: 'alias', name: 'optics-lab', alias: 'light' })
      for (const name of ['optics-lab', 'Optics Lab', 'light']) {
        const { code, message } = await refusal(memory.share({ id, to: `project:${name}` }))
        expect(code).toBe('DUPLICATE')
        expect(message).toContain(`${id} is in project optics-lab already`)
      }
      expect(await linkRows(store)).toEqual([])
    })

    it('a place where another memory says the same, and names it', async () => {
      await using store = await engine.open()
      const { memory } = store
      const { id } = await memory.remember({ content: 'a fact', project: 'one' })
      const { id: twin } = await memory.remember({ content: 'a fact', project: 'two' })
      const { code, message } = await refusal(memory.share({ id, to: 'project:two' }))
      expect(code).toBe('DUPLICATE')
      expect(message).toContain(twin)
      expect(await linkRows(store)).toEqual([])
      await expectSound(store)
    })

    it('people and groups, and what is no place', async () => {
      await using store = await engine.open()
      const { id } = await store.memory.remember({ content: 'a fact' })
      for (const to of ['user:ada', 'group:crew']) {
        const { code, message } = await refusal(store.memory.share({ id, to }))
        expect({ to, code }).toEqual({ to, code: 'UNSUPPORTED' })
        expect(message).toContain('--to project:<name>')
      }
      for (const to of ['', 'harbour', 'project:', 'project:  ', 'store:', 'planet:mars', 'Project:x']) {
        const { code, message } = await refusal(store.memory.share({ id, to }))
        expect({ to, code }).toEqual({ to, code: 'INVALID_INPUT' })
        expect(message).toMatch(/project:<name>/)
      }
      await nothingShared(store)
    })
  })
}

async function nothingShared(store: TestStore): Promise<void> {
  const rows = await linkRows(store)
  expect(rows.filter(row => row.type === 'shared_from')).toEqual([])
  expect((await store.memory.list({ project: 'harbour' }).catch(() => ({ total: 0 }))).total).toBe(0)
}
