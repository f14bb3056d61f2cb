import { describe, expect, it } from 'vitest'
import type { Heirloom } from '../../src/heirloom.ts'
import type { TestEngine } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'
import { claiming, openConflicts, told, valuesOf } from '../kit/slots.ts'

const UNKNOWN = '01900000-0000-7000-8000-00000000ffff'

/** A passage of a guide that claims the port of the gateway. */
async function passageClaiming(memory: Heirloom, value: string): Promise<string> {
  await memory.ingest({ name: 'guide.md', text: '# Ports\n\nThe gateway has a port.\n', project: 'apollo' })
  const [passage] = (await memory.list({ label: 'Ports' })).results
  await memory.revise({ id: passage?.id ?? '', slot: { subject: 'gateway', attribute: 'port', value } })
  return passage?.id ?? ''
}

export function contradicting(engine: TestEngine): void {
  describe('conflicts', () => {
    it('open with the write that contradicts, name both, and leave both active', async () => {
      await using store = await engine.open()
      const { memory } = store
      const a = await memory.remember(claiming('8080'))
      expect(a.conflict).toBeNull()
      store.clock.advance(1000)
      const b = await memory.remember(claiming('9090', { attribute: 'Port' }))
      expect(b.conflict).toMatchObject({
        slot: { subject: 'gateway', attribute: 'port' },
        members: [
          { kind: 'memory', id: a.id, value: '8080' },
          { kind: 'memory', id: b.id, value: '9090' },
        ],
      })
      expect(b.notices.join()).toContain(`heirloom resolve ${b.conflict?.id} --winner`)
      expect(b.notices.join()).toContain('It contradicts what is known of gateway.port.')
      const { conflicts, cursor, truncated } = await memory.conflicts({ project: 'apollo' })
      expect({ cursor, truncated }).toEqual({ cursor: null, truncated: false })
      expect(conflicts).toEqual([expect.objectContaining({ id: b.conflict?.id, status: 'open' })])
      const { results } = await memory.recall({ query: 'gateway port' })
      expect(results.map(({ id, contested }) => [id, contested]).sort()).toEqual(
        [a.id, b.id].map(id => [id, b.conflict?.id]),
      )
      expect((await memory.get({ id: a.id })).contested).toBe(b.conflict?.id)
      expect((await memory.get({ id: a.id })).status).toBe('active')
      expect(await told(memory, b.conflict?.id ?? '')).toEqual([['remember', 'agent']])
      await expectSound(store)
    })

    it('need the same slot of one project, other values, and a time at which both hold', async () => {
      await using store = await engine.open()
      const { memory } = store
      const quiet = [
        claiming('8080'),
        claiming(' 8,080 ', { subject: 'The Gateway' }),
        claiming('9090', { attribute: 'admin port' }),
        claiming('9090', { subject: 'api gateway' }),
        claiming('9090', { project: 'other' }),
        claiming('9090', { project: undefined }),
        claiming('9090', { candidate: true }),
        claiming('9091', { third_party: true }),
        claiming('1', { attribute: 'age', valid_until: '2026-05-01' }),
        claiming('2', { attribute: 'age', valid_from: '2026-05-01' }),
      ]
      for (const said of quiet) expect((await memory.remember(said)).conflict).toBeNull()
      expect(await openConflicts(memory)).toEqual([])
      const overlapping = claiming('3', {
        attribute: 'age',
        valid_from: '2026-04-30',
        valid_until: '2026-05-02',
      })
      expect(valuesOf((await memory.remember(overlapping)).conflict)).toEqual(['1', '2', '3'])
      await expectSound(store)
    })

    it('are one a slot: a further contradiction joins, an agreement does as well', async () => {
      await using store = await engine.open()
      const { memory } = store
      await memory.remember(claiming('8080'))
      const opened = (await memory.remember(claiming('9090'))).conflict
      store.clock.advance(1000)
      const joined = (await memory.remember(claiming('7070'))).conflict
      const agreeing = (await memory.remember(claiming('8080', { content: 'port of the gateway: 8080' })))
        .conflict
      expect(joined?.id).toBe(opened?.id)
      expect(agreeing?.id).toBe(opened?.id)
      expect(valuesOf(agreeing)).toEqual(['7070', '8080', '8080', '9090'])
      expect(await openConflicts(memory)).toHaveLength(1)
      expect(await told(memory, opened?.id ?? '')).toEqual(Array(3).fill(['remember', 'agent']))
      await expectSound(store)
    })

    it('take a line in the journal for each that joins, however many there are, and come apart again', async () => {
      await using store = await engine.open()
      const { memory } = store
      const said: { id: string; receipt: string | null }[] = []
      const digests: string[] = []
      let id = ''
      for (let at = 0; at < 12; at++) {
        digests.push((await memory.digest({})).digest)
        const one = await memory.remember(claiming(String(8000 + at)))
        said.push(one)
        id = one.conflict?.id ?? id
      }
      const { entries } = await memory.journal({ subject_id: id, limit: 100 })
      const joins = entries.slice(0, -1)
      expect(joins).toHaveLength(10)
      for (const [at, { before, after }] of joins.entries()) {
        const other_members = [expect.objectContaining({ member_id: said[11 - at]?.id })]
        expect({ before, after }).toEqual({
          before: { version: 10 - at, other_members: [] },
          after: { version: 11 - at, other_members },
        })
      }
      await expectSound(store)
      for (const [at, { receipt }] of [...said.entries()].reverse()) {
        await memory.undo({ receipt: receipt ?? '' })
        expect((await memory.digest({})).digest).toBe(digests[at])
      }
      await expectSound(store)
    })

    it('of many members show some of them, and say how many there are', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const said: Awaited<ReturnType<Heirloom['remember']>>[] = []
      for (let at = 0; at < 40; at++) {
        store.clock.advance(1000)
        said.push(await memory.remember(claiming(String(8000 + at))))
      }
      const ids = said.map(({ id }) => id)
      const last = said.at(-1)
      const id = last?.conflict?.id ?? ''
      // What was written is among them.
      expect(last?.conflict?.members.map(member => member.id)).toEqual([...ids.slice(0, 9), ids[39]])
      expect(last?.conflict?.members_total).toBe(40)
      expect(last?.notices.join()).toContain('shown are 10 of its 40')
      expect(said[9]?.conflict).toMatchObject({ members_total: 10 })
      expect(said[9]?.notices.join()).not.toContain('shown are')
      const [listed] = (await memory.conflicts({})).conflicts
      expect(listed?.members.map(member => member.id)).toEqual(ids.slice(0, 10))
      expect(listed?.members_total).toBe(40)
      const whole = await memory.conflict({ id })
      expect([whole.members.length, whole.members_total]).toEqual([40, 40])
      await expect(memory.resolve({ id, winner: UNKNOWN })).rejects.toMatchObject({
        message: expect.stringContaining(`${ids[4]} (8004) and 35 more. See them side by side`),
      })
      await memory.forget({ id: ids[0] ?? '' })
      const { items, pack } = await memory.context({ prompt: 'which port has the gateway', budget: 8000 })
      const item = items.find(({ record }) => record === 'conflict')
      // Of those that claim it still the last thirty are looked at, and six are told.
      expect(item?.content).toMatch(/^8010 .*\n(.*\n){5}and 33 more\nNot settled; suggested: 8039 /)
      expect(item?.why).toMatch(/^conflict between .* and 34 more$/)
      expect((await memory.replay({ id: pack })).items).toEqual(items)
      const { superseded } = await memory.resolve({ id, winner: ids[39]! })
      expect(superseded).toHaveLength(38)
      const forgotten = (await memory.remember(claiming('1', { attribute: 'age' }))).id
      const few = await memory.remember(claiming('2', { attribute: 'age' }))
      expect(few.conflict?.members.map(member => member.id)).toEqual([forgotten, few.id])
      await expectSound(store)
    })

    it('are found by promote, revise, restore and supersede, too', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      await memory.remember(claiming('8080'))
      const one = (await memory.remember(claiming('9090', { candidate: true }))).id
      expect((await memory.promote({ id: one })).conflict).toMatchObject({ slot: { attribute: 'port' } })
      await memory.forget({ id: one })
      expect(await openConflicts(memory)).toEqual([])
      const restored = await memory.restore({ id: one })
      expect(valuesOf(restored.conflict)).toEqual(['8080', '9090'])
      await memory.invalidate({ id: one })
      const plain = (await memory.remember({ content: 'nothing claimed', project: 'apollo' })).id
      const slot = { subject: 'gateway', attribute: 'port', value: '7070' }
      expect(valuesOf((await memory.revise({ id: plain, slot })).conflict)).toEqual(['7070', '8080'])
      await memory.revise({ id: plain, clear: ['slot'] })
      const far = (await memory.remember(claiming('6060', { project: 'other' }))).id
      expect(valuesOf((await memory.revise({ id: far, project: 'apollo' })).conflict)).toEqual([
        '6060',
        '8080',
      ])
      await memory.revise({ id: far, valid_until: '2025-12-31' })
      expect(await openConflicts(memory)).toEqual([])
      expect(valuesOf((await memory.revise({ id: far, clear: ['valid_until'] })).conflict)).toEqual([
        '6060',
        '8080',
      ])
      const old = (await memory.remember(claiming('1 s', { attribute: 'timeout' }))).id
      await memory.remember(claiming('2 s', { attribute: 'timeout' }))
      const other = (await memory.remember(claiming('3 s', { attribute: 'timeout' }))).id
      const { conflict } = await memory.supersede({ id: old, by: other })
      expect(conflict?.slot.attribute).toBe('timeout')
      await expectSound(store)
    })

    it('are found in what is shared with another project', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      await memory.remember(claiming('8080', { project: 'hermes' }))
      const { id } = await memory.remember(claiming('9090'))
      await memory.share({ id, to: 'project:hermes' })
      expect((await openConflicts(memory)).map(({ project, ...rest }) => [project, valuesOf(rest)])).toEqual([
        ['hermes', ['8080', '9090']],
      ])
      await expectSound(store)
    })

    it('are found in what is consolidated, read from a sentence, and claimed by a passage', async () => {
      await using store = await engine.open()
      const { memory } = store
      const from = [(await memory.remember({ content: 'a source', project: 'apollo' })).id]
      await memory.remember({ content: 'The gateway listens on port 8080', project: 'apollo' })
      const read = await memory.remember({ content: 'The gateway listens on port 9090.', project: 'apollo' })
      expect(read).toMatchObject({ slot: { value: '9090' }, conflict: { slot: { attribute: 'port' } } })
      expect(read.slot_pattern).not.toBeNull()
      const { conflict } = await memory.consolidate({ from, ...claiming('7070') })
      expect(valuesOf(conflict)).toEqual(['7070', '8080', '9090'])
      await passageClaiming(memory, '6060')
      const [open] = await openConflicts(memory)
      expect(valuesOf(open ?? null)).toEqual(['6060', '7070', '8080', '9090'])
      // The passage is gone from its file: it claims nothing any more.
      await memory.ingest({ name: 'guide.md', text: '# Other\n\nNothing.\n', project: 'apollo' })
      const { members } = await memory.conflict({ id: open?.id ?? '' })
      expect(members.filter(({ claims_it }) => !claims_it).map(({ value }) => value)).toEqual(['6060'])
      await expectSound(store)
    })

    it('are listed newest first, by state and project, a page at a time', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const ids: string[] = []
      for (let round = 0; round < 5; round++) {
        const slot = { attribute: `port ${round}`, project: round % 2 === 0 ? 'even' : 'odd' }
        await memory.remember(claiming('8080', slot))
        ids.push((await memory.remember(claiming('9090', slot))).conflict?.id ?? '')
      }
      await memory.resolve({ id: ids[0]!, dismiss: true, because: 'a typing error' })
      const open = ids.slice(1).reverse()
      expect((await openConflicts(memory)).map(({ id }) => id)).toEqual(open)
      const first = await memory.conflicts({ limit: 3 })
      expect(first.truncated).toBe(true)
      const second = await memory.conflicts({ limit: 3, cursor: first.cursor! })
      expect([...first.conflicts, ...second.conflicts].map(({ id }) => id)).toEqual(open)
      expect(second).toMatchObject({ cursor: null, truncated: false })
      expect((await memory.conflicts({ project: 'even' })).conflicts.map(({ id }) => id)).toEqual([
        ids[4],
        ids[2],
      ])
      expect((await memory.conflicts({ status: 'dismissed' })).conflicts.map(({ id }) => id)).toEqual([
        ids[0],
      ])
      expect((await memory.conflicts({ status: 'resolved' })).conflicts).toEqual([])
      expect((await memory.conflicts({ project: 'nowhere' })).notices.join()).toContain(
        'no project "nowhere"',
      )
      await expect(memory.conflicts({ cursor: 'made up' })).rejects.toMatchObject({ code: 'INVALID_INPUT' })
    })

    it('are shown side by side, with who said what, and the one to keep', async () => {
      await using store = await engine.open({ actor: 'person', client: 'desk', session: 'monday' })
      const { memory } = store
      const a = await memory.remember(claiming('8080', { author: 'Ada' }))
      store.clock.advance(1000)
      await passageClaiming(memory, '6060')
      const [open] = await openConflicts(memory)
      const shown = await memory.conflict({ id: open?.id ?? '' })
      expect(shown.members).toMatchObject([
        {
          id: a.id,
          value: '8080',
          trust: 'stated',
          author: 'Ada',
          client: 'desk',
          session: 'monday',
          claims_it: true,
        },
        { value: '6060', trust: 'observed', document: 'guide.md', label: 'Ports', status: 'active' },
      ])
      expect(shown.suggested_winner).toMatchObject({ id: a.id, why: expect.stringContaining('stated') })
      store.clock.advance(1000)
      const c = await memory.remember(claiming('7070'))
      const later = await memory.conflict({ id: open?.id ?? '' })
      expect(later.suggested_winner).toMatchObject({ id: c.id, why: expect.stringContaining('last') })
      store.clock.advance(1000)
      await memory.revise({ id: a.id, slot: { subject: 'gateway', attribute: 'port', value: '5050' } })
      // It was recorded first, and says so last.
      expect((await memory.conflict({ id: open?.id ?? '' })).suggested_winner).toMatchObject({
        id: a.id,
        value: '5050',
      })
      await expect(memory.conflict({ id: a.id })).rejects.toMatchObject({ code: 'NOT_FOUND' })
      await expectSound(store)
    })

    it('show what each claimed, and beside it what it says since it was revised', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory, clock } = store
      const a = await memory.remember(claiming('8080'))
      clock.advance(1000)
      const said_at = clock.now()
      const b = await memory.remember(claiming('9090'))
      const id = b.conflict?.id ?? ''
      clock.advance(1000)
      await memory.revise({ id: b.id, title: 'the port' })
      const open = (await memory.conflict({ id })).members
      expect(open.map(({ value, value_now }) => [value, value_now])).toEqual([
        ['8080', null],
        ['9090', null],
      ])
      clock.advance(1000)
      await memory.revise({ id: b.id, slot: { subject: 'gateway', attribute: 'port', value: '8080' } })
      const { status, members } = await memory.conflict({ id })
      expect(status).toBe('closed')
      expect(members).toMatchObject([
        { id: a.id, value: '8080', value_now: null },
        { id: b.id, value: '9090', value_now: '8080', said_at, claims_it: true },
      ])
      await expectSound(store)
    })
  })
}
