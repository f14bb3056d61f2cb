import { describe, expect, it } from 'vitest'
import type { Heirloom } from '../../src/heirloom.ts'
import type { TestEngine } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'
import { claiming } from '../kit/slots.ts'

const DAY = 86_400_000
const NOBODY = '0198c0de-0000-7000-8000-000000000000'
const PROMPT = 'which port does the gateway use?'

/** The same text, whatever the word of its marks. */
function unmarked(text: string): string {
  return text.replaceAll(/memory-[\da-f]{12}(?=[ >])/g, 'memory')
}

async function useOf(memory: Heirloom, id: string) {
  const { reference_count, last_referenced_at, strength, version } = await memory.get({ id })
  return { reference_count, last_referenced_at, reviews: strength?.reviews ?? 0, version }
}

export function capturing(engine: TestEngine): void {
  describe('capture', () => {
    it('keeps one interaction, told once, without its texts in the journal', async () => {
      await using store = await engine.open({ client: 'desk' })
      const { memory, raw } = store
      await memory.remember({ content: 'The gateway listens on port 8080', project: 'apollo' })
      const { pack } = await memory.context({ prompt: PROMPT, project: 'apollo', session: 'monday' })
      const response = 'It is known: the gateway listens on port 8080.'
      const kept = await memory.capture({ prompt: PROMPT, response, pack, summary: '8080' })
      expect(kept).toMatchObject({ pack, project: 'apollo', shredded: 0, notices: [] })
      const { interactions, truncated } = await memory.interactions({})
      expect(truncated).toBe(false)
      expect(interactions).toEqual([
        {
          id: kept.id,
          pack,
          project: 'apollo',
          session: 'monday',
          client: 'desk',
          prompt: PROMPT,
          response,
          summary: '8080',
          used: [{ id: kept.used[0]?.id, how: 'quote' }],
          recorded_at: store.clock.now(),
          shredded_at: null,
        },
      ])
      const { entries } = await memory.journal({ operation: 'capture' })
      expect(entries.map(({ subject_kind, subject_id }) => [subject_kind, subject_id])).toEqual([
        ['interaction', kept.id],
      ])
      const [{ payload } = {}] = await raw(
        `select payload from journal_payloads where sequence = (select max(sequence) from journal where operation = 'capture')`,
      )
      expect(String(payload)).not.toContain('8080')
      expect(JSON.parse(String(payload)).after).toEqual({
        pack_id: pack,
        project: 'apollo',
        used: [kept.used[0]?.id],
        prompt: { bytes: PROMPT.length },
        response: { bytes: 46 },
        summary: { bytes: 4 },
      })
      await expectSound(store)
    })

    it('finds what was used by ids and by quotes, and says how', async () => {
      await using store = await engine.open()
      const { memory } = store
      const [port, other, ada, quiet, outside] = await Promise.all(
        [
          'The gateway listens on port 8080',
          'The gateway listens on port 9090',
          'Ada owns the gateway since the move to the harbour',
          'The gateway restarts at night when nobody looks',
          'Something that no pack holds',
        ].map(async content => (await memory.remember({ content })).id),
      )
      const { pack } = await memory.context({ prompt: 'the gateway' })
      store.clock.advance(1000)
      const response = `THE GATEWAY listens on port "8080", as "${outside?.toUpperCase()}" says, since the move to the harbour. See ${NOBODY} and ${ada}.`
      const { used } = await memory.capture({ prompt: 'the gateway', response, pack })
      expect(used.map(({ id, how }) => [id, how])).toEqual([
        [outside, 'id'],
        [ada, 'id'],
        [port, 'quote'],
      ])
      expect(used[2]?.quote).toBe('the gateway listens on port 8080')
      const at = store.clock.now()
      for (const id of [outside, ada, port])
        expect(await useOf(memory, id ?? '')).toMatchObject({
          last_referenced_at: at,
          reviews: 1,
          version: 1,
        })
      for (const id of [other, quiet]) expect(await useOf(memory, id ?? '')).toMatchObject({ reviews: 0 })
      await expectSound(store)
    })

    it('believes what it is told was used, each once', async () => {
      await using store = await engine.open()
      const { memory, raw } = store
      const { id } = await memory.remember({ content: 'The gateway listens on port 8080' })
      const told = { prompt: 'x', response: 'The gateway listens on port 8080' }
      const kept = await memory.capture({ ...told, used: [id, id] })
      expect(kept.used).toEqual([{ id, how: 'given', quote: null }])
      expect((await memory.capture({ ...told, used: [] })).used).toEqual([])
      const log = await raw('select memory_id, grade, source, interaction_id from strength_reviews')
      expect(log).toEqual([{ memory_id: id, grade: 'good', source: 'use', interaction_id: kept.id }])
      expect((await memory.get({ id })).reference_count).toBe(1)
    })

    it('refuses packs, memories and projects that there are not, before anything is kept', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const { id } = await memory.remember({ content: 'a fact' })
      const { id: entity } = await memory.entity_create({ type: 'team', name: 'Crew' })
      const told = { prompt: 'x', response: 'y' }
      const unknown = memory.capture({ ...told, pack: NOBODY })
      await expect(unknown).rejects.toMatchObject({ code: 'NOT_FOUND' })
      await expect(unknown).rejects.toThrow(`no pack ${NOBODY}. context gives`)
      const missing = memory.capture({ ...told, used: [id, NOBODY, entity] })
      await expect(missing).rejects.toMatchObject({ code: 'NOT_FOUND' })
      await expect(missing).rejects.toThrow(`no memory ${NOBODY}, ${entity} that`)
      await expect(memory.capture({ ...told, project: 'nowhere' })).rejects.toMatchObject({
        code: 'NOT_FOUND',
      })
      await expect(memory.capture({ ...told, used: 'nonsense' })).rejects.toMatchObject({
        code: 'INVALID_INPUT',
      })
      expect((await memory.interactions({})).interactions).toEqual([])
      expect(await useOf(memory, id)).toMatchObject({ reference_count: 0, reviews: 0 })
    })

    it('keeps no more of a text than is asked for', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      await memory.settings({ name: 'interaction_bytes', value: 10 })
      const cut = await memory.capture({ prompt: 'éééééé', response: '12345678901' })
      expect(cut.notices.join()).toContain('first 10 bytes')
      expect((await memory.interactions({})).interactions).toMatchObject([
        { prompt: 'ééééé', response: '1234567890' },
      ])
      await memory.settings({ name: 'interaction_bytes', value: 9 })
      await memory.capture({ prompt: 'éééééé', response: 'short' })
      expect((await memory.interactions({ limit: 1 })).interactions).toMatchObject([
        { prompt: 'éééé', response: 'short' },
      ])
      await memory.settings({ name: 'interaction_bytes', value: 0 })
      await memory.capture({ prompt: 'x', response: 'y' })
      expect((await memory.interactions({ limit: 1 })).interactions).toMatchObject([
        { prompt: null, response: null },
      ])
    })

    it('lets go of old texts, a hundred at a time, and says so as the system', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory, raw } = store
      const { pack } = await memory.context({ prompt: PROMPT })
      const told = { response: 'a long answer', summary: 'short' }
      for (let at = 0; at < 102; at++)
        await memory.capture({ prompt: `old ${at}`, ...told, ...(at === 0 ? { pack } : {}) })
      await memory.settings({ name: 'interaction_days', value: 30 })
      store.clock.advance(31 * DAY)
      expect((await memory.capture({ prompt: 'new', response: 'new' })).shredded).toBe(100)
      expect((await memory.capture({ prompt: 'new', response: 'new' })).shredded).toBe(2)
      expect((await memory.capture({ prompt: 'new', response: 'new' })).shredded).toBe(0)
      const rows = await raw('select prompt, response, summary, shredded_at from interactions order by id')
      const [gone, kept] = [rows.slice(0, 102), rows.slice(102)]
      expect(new Set(gone.map(row => JSON.stringify(row))).size).toBe(1)
      expect(gone[0]).toEqual({ prompt: null, response: null, summary: null, shredded_at: store.clock.now() })
      expect(kept.map(({ prompt, shredded_at }) => [prompt, shredded_at])).toEqual(
        Array(3).fill(['new', null]),
      )
      const { entries } = await memory.journal({ operation: 'shred_interaction', limit: 100 })
      expect(new Set(entries.map(({ actor_kind, note }) => `${actor_kind} ${note}`))).toEqual(
        new Set(['system Kept for 30 days.']),
      )
      expect(await raw('select id from packs')).toEqual([])
      await expect(memory.replay({ id: pack })).rejects.toMatchObject({ code: 'NOT_FOUND' })
      const [first] = await raw('select id from interactions order by id')
      await expect(memory.replay({ id: String(first?.id) })).rejects.toThrow('settings interaction_days')
      await expectSound(store)
    }, 60_000)

    it('old packs are let go of where context is given as well', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory, raw, clock } = store
      await memory.settings({ name: 'interaction_days', value: 30 })
      // Reading one back has it written first.
      const given = async () => {
        const { pack } = await memory.context({ prompt: PROMPT })
        await memory.replay({ id: pack })
        return pack
      }
      const old = await given()
      clock.advance(30 * DAY)
      const kept = await given()
      expect(await raw('select id from packs order by id')).toEqual([{ id: old }, { id: kept }])
      const { id } = await memory.capture({ prompt: PROMPT, response: 'late', pack: old })
      clock.advance(1)
      const last = await given()
      expect(await raw('select id from packs order by id')).toEqual([{ id: kept }, { id: last }])
      await expect(memory.replay({ id })).rejects.toThrow('which was let go, so there is nothing')
      await expectSound(store)
    })

    it('one interaction is shredded with its pack; what it used stays counted', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory, raw, clock } = store
      const { id } = await memory.remember({ content: 'The gateway listens on port 8080' })
      const { pack } = await memory.context({ prompt: PROMPT })
      const told = { prompt: 'a secret prompt', response: 'a secret response', summary: 'a secret' }
      const kept = await memory.capture({ ...told, pack, used: [id], idempotency_key: 'once' })
      const other = await memory.capture({ prompt: 'x', response: 'y' })
      clock.advance(1000)
      const at = clock.now()
      const done = await memory.shred({ id: kept.id, note: 'a name was in it' })
      expect(done).toEqual({ id: kept.id, outcome: 'shredded', pack, shredded_at: at, notices: [] })
      const texts = await raw('select prompt, response, summary, shredded_at from interactions order by id')
      const gone = { prompt: null, response: null, summary: null, shredded_at: at }
      expect(texts).toEqual([gone, { prompt: 'x', response: 'y', summary: null, shredded_at: null }])
      expect(await raw('select id from packs')).toEqual([])
      expect(await raw('select key from idempotency')).toEqual([])
      expect((await memory.interactions({})).interactions[1]).toMatchObject({ pack, used: [{ id }] })
      expect(await useOf(memory, id)).toMatchObject({ reference_count: 1, reviews: 1 })
      const { entries } = await memory.journal({ subject_id: kept.id })
      expect(entries.map(one => [one.operation, one.actor_kind, one.note])).toEqual([
        ['shred', 'person', 'a name was in it'],
        ['capture', 'person', null],
      ])
      clock.advance(1000)
      expect(await memory.shred({ id: kept.id })).toEqual({ ...done, outcome: 'already_shredded' })
      expect((await memory.journal({ subject_id: kept.id })).entries).toHaveLength(2)
      await expect(memory.replay({ id: kept.id })).rejects.toThrow('which was let go with its own texts')
      expect(await memory.shred({ id: other.id })).toMatchObject({ outcome: 'shredded', pack: null })
      await expectSound(store)
    })

    it('tells which others lose the pack, and replay of those tells why', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const { pack } = await memory.context({ prompt: PROMPT })
      const ids: string[] = []
      for (let at = 0; at < 8; at++)
        ids.push((await memory.capture({ prompt: PROMPT, response: `answer ${at}`, pack })).id)
      const { notices } = await memory.shred({ id: ids[1]! })
      const named = [ids[0], ...ids.slice(2, 6)].join(', ')
      expect(notices).toEqual([expect.stringContaining(`whose texts stay: ${named} and 2 more.`)])
      expect((await memory.shred({ id: ids[2]! })).notices).toEqual([])
      for (const id of [ids[2]!, ids[7]!])
        await expect(memory.replay({ id })).rejects.toThrow(
          `with the texts of interaction ${ids[1]}, which had it too`,
        )
      expect((await memory.shred({ id: ids[1]! })).notices).toEqual([])
      await expectSound(store)
    })

    it('a prompt that nothing was captured for goes with its pack', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory, raw } = store
      await memory.remember({ content: 'The gateway listens on port 8080' })
      const { pack } = await memory.context({ prompt: PROMPT })
      expect(await memory.shred({ id: pack })).toMatchObject({ outcome: 'shredded', pack, notices: [] })
      expect(await raw('select id from packs')).toEqual([])
      await expect(memory.shred({ id: pack })).rejects.toThrow(`no interaction and no pack ${pack}`)
      await expectSound(store)
    })

    it('only people shred, and only what is there', async () => {
      await using store = await engine.open()
      const { memory } = store
      const { id } = await memory.capture({ prompt: 'x', response: 'y' })
      await expect(memory.shred({ id })).rejects.toMatchObject({ code: 'ACCESS_DENIED' })
      expect((await memory.interactions({})).interactions).toMatchObject([{ prompt: 'x' }])
      await using other = await engine.open({ actor: 'person' })
      await expect(other.memory.shred({ id: NOBODY })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    })

    it('is listed newest first, by session and project, a page at a time', async () => {
      await using store = await engine.open()
      const { memory } = store
      await memory.remember({ content: 'a fact', project: 'apollo' })
      const ids: string[] = []
      for (let at = 0; at < 5; at++) {
        const session = at % 2 === 0 ? 'even' : 'odd'
        const about = at < 3 ? { project: 'Apollo' } : {}
        ids.push(
          (await memory.capture({ prompt: `p ${at}`, response: 'r', session, client: 'c', ...about })).id,
        )
      }
      const listed = async (input: object) =>
        (await memory.interactions(input)).interactions.map(({ id }) => id)
      expect(await listed({})).toEqual(ids.toReversed())
      expect(await listed({ session: 'odd' })).toEqual([ids[3], ids[1]])
      expect(await listed({ project: 'apollo' })).toEqual([ids[2], ids[1], ids[0]])
      const first = await memory.interactions({ limit: 3 })
      expect(first.truncated).toBe(true)
      const second = await memory.interactions({ limit: 3, cursor: first.cursor! })
      expect([...first.interactions, ...second.interactions].map(({ id }) => id)).toEqual(ids.toReversed())
      expect(second).toMatchObject({ cursor: null, truncated: false })
      await expect(memory.interactions({ cursor: 'made up' })).rejects.toMatchObject({
        code: 'INVALID_INPUT',
      })
      expect((await memory.interactions({ project: 'nowhere' })).notices.join()).toContain(
        'no project "nowhere"',
      )
    })

    if (engine.shared)
      it('counts each use where two capture at once', async () => {
        await using store = await engine.open()
        const { memory, raw } = store
        const other = await store.another()
        const ids: string[] = []
        for (const word of ['oak', 'ash'])
          ids.push((await memory.remember({ content: `a fact about ${word}` })).id)
        const told = { prompt: 'x', response: 'y' }
        await Promise.all(
          Array.from({ length: 8 }, (_, at) =>
            (at % 2 === 0 ? memory : other).capture({ ...told, used: at % 3 === 0 ? ids : ids.toReversed() }),
          ),
        )
        for (const id of ids) expect(await useOf(memory, id)).toMatchObject({ reviews: 8 })
        expect(await raw('select id from strength_reviews')).toHaveLength(16)
        await expectSound(store)
      })

    it('needs a prompt, as context does; an answer may be empty', async () => {
      await using store = await engine.open()
      const { memory } = store
      for (const prompt of ['', ' \n ']) {
        const [kept, asked] = [memory.capture({ prompt, response: 'y' }), memory.context({ prompt })]
        await expect(kept).rejects.toMatchObject({ code: 'INVALID_INPUT' })
        await expect(kept).rejects.toThrow('capture: prompt: must not be empty')
        await expect(asked).rejects.toThrow('context: prompt: must not be empty')
      }
      expect((await memory.interactions({})).interactions).toEqual([])
      await memory.capture({ prompt: 'x', response: '' })
      expect((await memory.interactions({})).interactions).toMatchObject([{ prompt: 'x', response: '' }])
    })

    it('cannot be taken back: what was asked was asked', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory, raw } = store
      const { id } = await memory.capture({ prompt: 'x', response: 'y' })
      const [entry] = await raw('select sequence, hash from journal order by sequence desc limit 1')
      const receipt = `r${entry?.sequence}-1-${String(entry?.hash).slice(0, 12)}`
      const undoing = memory.undo({ receipt })
      await expect(undoing).rejects.toMatchObject({ code: 'UNSUPPORTED' })
      await expect(undoing).rejects.toThrow('What capture did to an interaction cannot')
      await expect(undoing).rejects.toThrow(`heirloom shred ${id}`)
      await memory.shred({ id })
      const [shredded] = (await memory.journal({ operation: 'shred' })).entries
      await expect(memory.undo({ receipt: shredded?.receipt ?? '' })).rejects.toThrow('let go for good')
    })
  })

  describe('replay', () => {
    it('shows a pack as it was, whatever happened since, by its id and by its interaction', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const gateway = await memory.entity_create({
        type: 'service',
        name: 'Gateway',
        project: 'apollo',
        description: 'Lets in',
      })
      const staging = await memory.entity_create({ type: 'system', name: 'Staging', project: 'apollo' })
      await memory.relate({ source: staging.id, type: 'contains', target: gateway.id })
      const a = (await memory.remember(claiming('8080', { author: 'Ada' }))).id
      const b = (await memory.remember(claiming('9090'))).id
      const pinned = (await memory.remember({ content: 'Say colour', title: 'Style' })).id
      await memory.pin({ id: pinned })
      store.clock.advance(1000)
      const given = await memory.context({
        prompt: PROMPT,
        project: 'apollo',
        budget: 3000,
        session: 'monday',
      })
      expect(given.items.map(({ section }) => section)).toContain('conflict')
      store.clock.advance(1000)
      const { id } = await memory.capture({ prompt: PROMPT, response: 'done', pack: given.pack })
      const shown = await memory.replay({ id })
      expect(unmarked(shown.text)).toBe(unmarked(given.text))
      expect(shown).toMatchObject({
        pack: given.pack,
        prompt: PROMPT,
        project: 'apollo',
        session: 'monday',
        budget: 3000,
        tokens: given.tokens,
        left_out: 0,
        gone: [],
        interaction: { id, response: 'done' },
        notices: [],
      })
      expect(shown.items).toEqual(given.items)
      await memory.revise({
        id: a,
        content: 'Something else',
        slot: { subject: 'gateway', attribute: 'port', value: '1' },
      })
      await memory.forget({ id: b })
      await memory.revise({ id: pinned, title: 'Spelling' })
      await memory.unpin({ id: pinned })
      await memory.entity_update({ id: gateway.id, description: 'Changed' })
      await memory.entity_update({ id: staging.id, name: 'Production' })
      const later = await memory.replay({ id: given.pack })
      expect(unmarked(later.text)).toBe(unmarked(given.text))
      expect(later.interaction).toBeNull()
      await expectSound(store)
    })

    it('says what is not known any more', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const { id, receipt } = await memory.remember({ content: 'The gateway listens on a port' })
      const stays = (await memory.remember({ content: 'The gateway restarts at night' })).id
      const { pack } = await memory.context({ prompt: 'gateway' })
      await memory.undo({ receipt: receipt ?? '' })
      const shown = await memory.replay({ id: pack })
      expect(shown.gone).toEqual([{ record: 'memory', id }])
      expect(shown.items.map(item => item.id)).toEqual([stays])
      expect(shown.text).not.toContain('listens')
      expect(shown.notices.join()).toContain('Of 2 items 1')
    })

    it('needs a pack', async () => {
      await using store = await engine.open()
      const { memory } = store
      await expect(memory.replay({ id: NOBODY })).rejects.toMatchObject({ code: 'NOT_FOUND' })
      const { id } = await memory.capture({ prompt: 'x', response: 'y' })
      await expect(memory.replay({ id })).rejects.toThrow('captured without a pack')
    })

    if (engine.shared)
      it('finds what another process gave', async () => {
        await using store = await engine.open()
        await store.memory.remember({ content: 'The gateway listens on port 8080' })
        const other = await store.another()
        const { pack, text } = await other.context({ prompt: 'gateway port' })
        await other.close()
        expect(unmarked((await store.memory.replay({ id: pack })).text)).toBe(unmarked(text))
      })
  })
}
