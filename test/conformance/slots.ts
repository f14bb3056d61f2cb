import { describe, expect, it } from 'vitest'
import { openBeneath, write } from '../kit/beneath.ts'
import type { TestEngine } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'
import { claiming, entityWith, openConflicts, valuesOf } from '../kit/slots.ts'

export function slotting(engine: TestEngine): void {
  describe('slots', () => {
    it('are given as text or as an object, and shown by get', async () => {
      await using store = await engine.open()
      const { memory } = store
      const forms: [unknown, object][] = [
        ['api.v2.timeout=30s', { subject: 'api.v2', attribute: 'timeout', value: '30s' }],
        [' staging api / port = 8080 ', { subject: 'staging api', attribute: 'port', value: '8080' }],
        ['api.query=a=b.c', { subject: 'api', attribute: 'query', value: 'a=b.c' }],
        [
          { subject: 'x', attribute: 'y', value: 'z' },
          { subject: 'x', attribute: 'y', value: 'z' },
        ],
      ]
      for (const [at, [slot, expected]] of forms.entries()) {
        const said = await memory.remember({ content: `claim ${at}`, slot: slot as never })
        expect(said.slot).toEqual(expected)
        expect(await memory.get({ id: said.id })).toMatchObject({ slot: expected, slot_pattern: null })
      }
      await expectSound(store)
    })

    it('that are none are refused before anything is written, with the form to write', async () => {
      await using store = await engine.open()
      const { memory } = store
      const refused: [unknown, RegExp][] = [
        ['gateway.port', /has no "=".*subject\.attribute=value/],
        ['gateway.port=', /nothing after its "="/],
        ['gateway.port=   ', /nothing after its "="/],
        ['gateway=8080', /no dot between subject and attribute/],
        ['.port=8080', /no subject/],
        ['gateway.=8080', /no attribute/],
        ['', /has no "="/],
        [`gateway.port=${'8'.repeat(10 * 1024)}`, /slot\.value: at most 500 characters/],
        [`${'g'.repeat(501)}.port=1`, /slot\.subject: at most 500 characters/],
        [{ subject: 'gateway', attribute: 'port' }, /slot\.value: is missing/],
        [{ subject: 'gateway', attribute: 'port', value: ' ' }, /slot\.value: must not be empty/],
        [{ subject: '"-"', attribute: 'port', value: '1' }, /slot\.subject: there is nothing in it/],
        [{ subject: 'gateway', attribute: '_', value: '1' }, /slot\.attribute: there is nothing in it/],
        [8080, /subject\.attribute=value/],
        ['gateway.port=80\u0000', /NUL character/],
      ]
      for (const [slot, message] of refused) {
        const said = { content: 'claimed', slot: slot as never }
        await expect(memory.remember(said), JSON.stringify(slot).slice(0, 40)).rejects.toMatchObject({
          code: 'INVALID_INPUT',
          message: expect.stringMatching(message),
        })
      }
      expect((await memory.list({})).total).toBe(0)
      expect((await memory.journal({})).entries).toEqual([])
    })

    it('meet by their normal forms: spelling, units, versions, dates and addresses', async () => {
      await using store = await engine.open()
      const { memory } = store
      const same: [string, string, string][] = [
        ['timeout', '30 s', '0.5 min'],
        ['version', 'v2.4.0', '2.4'],
        ['enabled', 'Yes', 'true'],
        ['due', '31 March 2026', '2026-03-31'],
        ['address', 'HTTPS://Acme.dev:443/', 'https://acme.dev'],
        ['owner', 'the  Platform Team', 'The platform team'],
      ]
      const differing: [string, string, string][] = [
        ['wait', '30 s', '31 s'],
        ['release', '2.4.1', '2.4.2'],
        ['size', '30 s', '30 MB'],
        ['path', '/a/B', '/a/c'],
      ]
      let round = 0
      for (const [attribute, one, other] of [...same, ...differing]) {
        await memory.remember(claiming(one, { attribute, content: `one ${++round}` }))
        const { conflict } = await memory.remember(claiming(other, { attribute, content: `other ${round}` }))
        expect(conflict === null, `${one} and ${other}`).toBe(round <= same.length)
      }
      await expectSound(store)
    })

    it('mean the entity of the project that has the name, and none where two have it', async () => {
      await using store = await openBeneath(engine)
      const { memory } = store
      const entity = await entityWith(store, { name: 'Edge Router', aliases: ['ER-1'] })
      await memory.remember(claiming('1', { subject: 'edge router' }))
      expect(valuesOf((await memory.remember(claiming('2', { subject: 'er-1' }))).conflict)).toEqual([
        '1',
        '2',
      ])
      await memory.remember(claiming('3', { subject: 'ER-1', project: 'other' }))
      expect(await openConflicts(memory)).toHaveLength(1)
      // Now the alias could mean either, and stands for itself.
      await entityWith(store, { name: 'ER-1' })
      expect(await openConflicts(memory)).toEqual([])
      await write(store, async tx => {
        const before = await tx.entities.mustGetForChange(entity)
        await tx.entities.change(before, { ...before, aliases: [], version: 2, revision: 2 })
      })
      await memory.remember(claiming('4', { subject: 'er 1' }))
      expect(valuesOf((await openConflicts(memory))[0] ?? null)).toEqual(['2', '4'])
      await expectSound(store)
    })
  })
}
