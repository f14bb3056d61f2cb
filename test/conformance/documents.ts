import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type TestEngine, type TestStore, temporaryFolder } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'
import { ANY_STATUS, MARKDOWN } from '../kit/samples.ts'

async function idsByLabel({ memory }: TestStore): Promise<Map<string | null, string>> {
  const { results } = await memory.list({ ...ANY_STATUS, limit: 100 })
  return new Map(results.map(found => [found.label, found.id]))
}

export function ingesting(engine: TestEngine): void {
  describe('documents', () => {
    it('become passages with place, label and source', async () => {
      await using store = await engine.open()
      const report = await store.memory.ingest({
        text: MARKDOWN,
        name: 'guide.md',
        project: 'apollo',
        tags: ['docs'],
      })
      expect(report).toEqual({
        documents: 1,
        passages: 4,
        added: 4,
        unchanged: 0,
        revised: 0,
        superseded: 0,
        restored: 0,
        errors: [],
        notices: [],
      })
      const { results } = await store.memory.list({ project: 'apollo' })
      const passages = results.toSorted((a, b) => (a.position ?? 0) - (b.position ?? 0))
      expect(passages.map(found => found.position)).toEqual([0, 1, 2, 3])
      expect(passages[1]).toMatchObject({
        kind: 'passage',
        document: 'guide.md',
        label: 'Guide > Setup',
        tags: ['docs'],
        trust: 'observed',
        status: 'active',
        content: expect.stringContaining('Install the beacon'),
      })
      await expectSound(store)
    })

    it('that did not change change nothing', async () => {
      await using store = await engine.open()
      await store.memory.ingest({ text: MARKDOWN, name: 'guide.md' })
      const before = (await store.memory.journal({})).entries[0]?.sequence
      store.clock.advance(1000)
      expect(await store.memory.ingest({ text: MARKDOWN, name: 'guide.md' })).toMatchObject({
        documents: 1,
        passages: 4,
        added: 0,
        unchanged: 4,
        revised: 0,
        superseded: 0,
      })
      expect((await store.memory.journal({})).entries[0]?.sequence).toBe(before)
    })

    it('that changed keep the ids of what stayed; the rest is revised, added or superseded', async () => {
      await using store = await engine.open()
      await store.memory.ingest({ text: MARKDOWN, name: 'guide.md' })
      const before = await idsByLabel(store)
      store.clock.advance(1000)
      const changed = MARKDOWN.replace('at dusk', 'at dawn')
        .replace(/## Setup[^#]+/, '')
        .concat('\n## Licence\n\nFree for all ships.\n')
      expect(await store.memory.ingest({ text: changed, name: 'guide.md' })).toMatchObject({
        passages: 4,
        added: 1,
        unchanged: 2,
        revised: 1,
        superseded: 1,
      })
      const after = await idsByLabel(store)
      for (const label of before.keys()) expect(after.get(label), `id of ${label}`).toBe(before.get(label))
      const revised = await store.memory.history({ id: before.get('Guide > Usage') ?? '' })
      expect(revised.versions.map(version => [version.revision, version.content.includes('dawn')])).toEqual([
        [1, false],
        [2, true],
      ])
      expect((await store.memory.get({ id: before.get('Guide > Setup') ?? '' })).status).toBe('superseded')
      expect((await store.memory.recall({ query: 'wrench' })).results).toEqual([])
      const { results } = await store.memory.recall({ query: 'dawn', without: ['activation'] })
      expect(results.map(found => found.id)).toEqual([before.get('Guide > Usage')])
      await expectSound(store)
    })

    it('bring back what had vanished under its old id', async () => {
      await using store = await engine.open()
      await store.memory.ingest({ text: MARKDOWN, name: 'guide.md' })
      const before = await idsByLabel(store)
      store.clock.advance(1000)
      await store.memory.ingest({ text: MARKDOWN.replace(/## Setup[^#]+/, ''), name: 'guide.md' })
      store.clock.advance(1000)
      expect(await store.memory.ingest({ text: MARKDOWN, name: 'guide.md' })).toMatchObject({
        added: 0,
        unchanged: 3,
        restored: 1,
      })
      expect(await idsByLabel(store)).toEqual(before)
      expect((await store.memory.get({ id: before.get('Guide > Setup') ?? '' })).status).toBe('active')
      await expectSound(store)
    })

    it('do not bring back what a person took out', async () => {
      await using store = await engine.open()
      const { memory } = store
      await memory.ingest({ text: MARKDOWN, name: 'guide.md' })
      const ids = await idsByLabel(store)
      const of = (heading: string) => ids.get(`Guide > ${heading}`) ?? ''
      await memory.forget({ id: of('Setup') })
      await memory.invalidate({ id: of('Usage') })
      const { superseded_by } = await memory.supersede({
        id: of('Trouble'),
        content: 'If the horn fails, shout.',
      })
      store.clock.advance(1000)
      await memory.ingest({ text: MARKDOWN.replace('Opening', 'First'), name: 'guide.md' })
      expect((await memory.get({ id: of('Setup') })).status).toBe('retired')
      expect((await memory.get({ id: of('Usage') })).status).toBe('invalid')
      expect(await memory.get({ id: of('Trouble') })).toMatchObject({ status: 'superseded', superseded_by })
      await expectSound(store)
    })

    it('keep two equal passages as two', async () => {
      await using store = await engine.open()
      const turns = JSON.stringify([
        { role: 'Ada', content: 'Yes' },
        { role: 'Grace', content: 'Why?' },
        { role: 'Ada', content: 'Yes' },
      ])
      expect(await store.memory.ingest({ text: turns, name: 'talk.json' })).toMatchObject({
        passages: 3,
        added: 3,
      })
      const { results } = await store.memory.list({ author: 'Ada' })
      expect(results.map(found => [found.content, found.position])).toEqual([
        ['Yes', 2],
        ['Yes', 0],
      ])
    })

    it('move with their document to another project, and take its tags', async () => {
      await using store = await engine.open()
      const { memory } = store
      await memory.ingest({ text: MARKDOWN, name: 'guide.md' })
      const before = await idsByLabel(store)
      store.clock.advance(1000)
      const moved = await memory.ingest({ text: MARKDOWN, name: 'guide.md', project: 'apollo' })
      expect(moved).toMatchObject({ documents: 1, passages: 4, added: 0, unchanged: 4 })
      expect((await memory.list({ project: 'apollo' })).total).toBe(4)
      expect((await memory.list({})).total).toBe(4)
      store.clock.advance(1000)
      // Said without a project, the document stays where it is.
      const tagged = `---\ntags: [Howto]\n---\n${MARKDOWN}`
      await memory.ingest({ text: tagged, name: 'guide.md' })
      expect((await memory.list({ project: 'apollo', tags: ['howto'] })).total).toBe(4)
      expect(await idsByLabel(store)).toEqual(before)
      await expectSound(store)
    })

    it('vanish with the conversation that is no longer in its file', async () => {
      await using store = await engine.open()
      const talk = (id: string, content: string) => ({ id, messages: [{ role: 'Ada', content }] })
      const ingest = (...talks: object[]) =>
        store.memory.ingest({ text: JSON.stringify(talks), name: 'talks.json' })
      const both = [talk('one', 'Bees sleep at night'), talk('two', 'Owls do not')]
      expect(await ingest(...both, talk('three', 'Cats'))).toMatchObject({ documents: 3, added: 3 })
      store.clock.advance(1000)
      expect(await ingest(...both)).toMatchObject({ documents: 2, added: 0, superseded: 1 })
      expect((await store.memory.list({ status: ['superseded'] })).results[0]?.content).toBe('Cats')
      await expectSound(store)
    })

    it('are read once for one idempotency key', async () => {
      await using store = await engine.open()
      const folder = temporaryFolder()
      const file = join(folder, 'guide.md')
      writeFileSync(file, MARKDOWN)
      const first = await store.memory.ingest({ paths: [file], idempotency_key: 'k' })
      writeFileSync(file, '# Other\n\nwords\n')
      expect(await store.memory.ingest({ paths: [file], idempotency_key: 'k' })).toEqual(first)
      expect((await store.memory.list({})).total).toBe(4)
      await expect(
        store.memory.ingest({ paths: [file], project: 'x', idempotency_key: 'k' }),
      ).rejects.toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' })
    })

    it('of two texts without a name are two', async () => {
      await using store = await engine.open()
      expect(await store.memory.ingest({ text: 'One text.' })).toMatchObject({ added: 1 })
      expect(await store.memory.ingest({ text: 'Another text.' })).toMatchObject({ added: 1, superseded: 0 })
      expect(await store.memory.ingest({ text: 'One text.' })).toMatchObject({ added: 0, unchanged: 1 })
    })

    it('that cannot be read are told and change nothing', async () => {
      const folder = temporaryFolder()
      await using store = await engine.open()
      writeFileSync(join(folder, 'good.md'), MARKDOWN)
      writeFileSync(join(folder, 'turns.jsonl'), '{"role":"Ada","content":"Hello"}\n')
      expect(await store.memory.ingest({ paths: [folder] })).toMatchObject({ documents: 2, errors: [] })
      writeFileSync(join(folder, 'turns.jsonl'), '{"role":"Ada","content":"Hello"}\nnot json\n')
      writeFileSync(join(folder, 'good.md'), Buffer.from([0x23, 0, 1, 2, 0xff, 0xfe, 0, 0]))
      mkdirSync(join(folder, 'sub'))
      writeFileSync(join(folder, 'sub', 'new.md'), '# New\n\nfresh words\n')
      chmodSync(join(folder, 'sub', 'new.md'), 0o644)
      const report = await store.memory.ingest({ paths: [folder] })
      expect(report).toMatchObject({ added: 1, superseded: 0, revised: 0 })
      expect(report.errors.map(error => error.path.split('/').at(-1)).sort()).toEqual([
        'good.md',
        'turns.jsonl',
      ])
      expect(report.errors.find(error => error.path.endsWith('jsonl'))?.message).toMatch(/line 2/)
      expect((await store.memory.list({ status: ['active'] })).total).toBe(6)
      await expect(store.memory.ingest({ paths: [join(folder, 'nowhere')] })).rejects.toMatchObject({
        code: 'SOURCE_UNREADABLE',
      })
      await expectSound(store)
    })
  })
}
