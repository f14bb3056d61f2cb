import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type TestEngine, type TestStore, temporaryFolder } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'
import { ANY_STATUS, MARKDOWN } from '../kit/samples.ts'

async function passages({ memory }: TestStore) {
  const { results } = await memory.list({ ...ANY_STATUS, limit: 100 })
  return results.toSorted((a, b) => (a.position ?? 0) - (b.position ?? 0))
}

async function idOf(store: TestStore, heading: string): Promise<string> {
  const found = (await passages(store)).find(({ label }) => label === `Guide > ${heading}`)
  return found?.id ?? ''
}

export function readingAgain(engine: TestEngine): void {
  describe('a document that is read again', () => {
    it('leaves a revision by hand until the passage changes in the file', async () => {
      await using store = await engine.open()
      const { memory, clock } = store
      await memory.ingest({ text: MARKDOWN, name: 'guide.md' })
      const id = await idOf(store, 'Setup')
      clock.advance(1000)
      await memory.revise({ id, content: 'Install the beacon with pliers.' })
      clock.advance(1000)
      const elsewhere = MARKDOWN.replace('at dusk', 'at dawn')
      const second = await memory.ingest({ text: elsewhere, name: 'guide.md' })
      expect(second).toMatchObject({ unchanged: 3, revised: 1, notices: [] })
      expect((await memory.get({ id })).content).toBe('Install the beacon with pliers.')
      clock.advance(1000)
      const third = await memory.ingest({ text: elsewhere.replace('a wrench', 'tongs'), name: 'guide.md' })
      expect(third).toMatchObject({ unchanged: 3, revised: 1 })
      expect(third.notices).toEqual([
        expect.stringMatching(/^guide\.md: .*Guide > Setup.* had been revised by hand; the file's text/),
      ])
      expect((await memory.get({ id })).content).toContain('with tongs')
      const { versions } = await memory.history({ id })
      expect(versions.map(({ content }) => /wrench|pliers|tongs/.exec(content)?.[0])).toEqual([
        'wrench',
        'pliers',
        'tongs',
      ])
      expect(versions[0]).not.toHaveProperty('source_hash')
      await expectSound(store)
    })

    it('brings a passage back as it was left by hand', async () => {
      await using store = await engine.open()
      const { memory, clock } = store
      await memory.ingest({ text: MARKDOWN, name: 'guide.md' })
      const id = await idOf(store, 'Setup')
      await memory.revise({ id, content: 'Install the beacon with pliers.' })
      clock.advance(1000)
      await memory.ingest({ text: MARKDOWN.replace(/## Setup[^#]+/, ''), name: 'guide.md' })
      clock.advance(1000)
      expect(await memory.ingest({ text: MARKDOWN, name: 'guide.md' })).toMatchObject({ restored: 1 })
      const back = await memory.get({ id })
      expect(back).toMatchObject({ status: 'active', content: 'Install the beacon with pliers.' })
      await expectSound(store)
    })

    it('says how much of somebody else’s text waits for review', async () => {
      await using store = await engine.open()
      const { notices, added } = await store.memory.ingest({
        text: MARKDOWN,
        name: 'theirs.md',
        third_party: true,
      })
      expect(notices.join()).toContain(`${added} passages are only proposed`)
      expect(notices.join()).toContain('heirloom review')
      expect((await store.memory.ingest({ text: MARKDOWN, name: 'ours.md' })).notices).toEqual([])
    })

    it('is put in quarantine by its options, and never taken out', async () => {
      await using store = await engine.open()
      const { memory, clock } = store
      await memory.ingest({ text: MARKDOWN, name: 'guide.md' })
      await memory.forget({ id: await idOf(store, 'Trouble') })
      clock.advance(1000)
      const shorter = MARKDOWN.replace(/## Usage[^#]+/, '')
      await memory.ingest({ text: shorter, name: 'guide.md' })
      clock.advance(1000)
      const options = { text: shorter, name: 'guide.md', third_party: true }
      expect(await memory.ingest(options)).toMatchObject({ unchanged: 3, revised: 0, added: 0 })
      expect((await passages(store)).map(({ trust, revision }) => [trust, revision])).toEqual(
        Array(4).fill(['untrusted', 1]),
      )
      expect((await memory.recall({ query: 'wrench' })).results).toEqual([])
      clock.advance(1000)
      const changed = `${MARKDOWN.replace('dusk', 'dawn')}\n## Licence\n\nFree.\n`
      await memory.ingest({ text: changed, name: 'guide.md' })
      expect(new Set((await passages(store)).map(({ trust }) => trust))).toEqual(new Set(['untrusted']))
      await expectSound(store)
    })

    it('never lifts the trust of a single passage', async () => {
      await using store = await engine.open()
      await store.memory.ingest({ text: MARKDOWN, name: 'guide.md' })
      await store.raw("update memories set trust = 'inferred'")
      store.clock.advance(1000)
      await store.memory.ingest({ text: MARKDOWN.replace('dusk', 'dawn'), name: 'guide.md' })
      expect(await store.memory.get({ id: await idOf(store, 'Usage') })).toMatchObject({
        trust: 'inferred',
        revision: 2,
      })
    })

    it('takes other tags, kind and codebase, once', async () => {
      await using store = await engine.open()
      const { memory, clock } = store
      await memory.ingest({ text: MARKDOWN, name: 'guide.md' })
      const options = { tags: ['docs'], kind: 'reference', codebase: 'beacon' }
      clock.advance(1000)
      const again = () => memory.ingest({ text: MARKDOWN, name: 'guide.md', ...options })
      expect(await again()).toMatchObject({ unchanged: 4, revised: 0, notices: [] })
      expect((await memory.list({ tags: ['docs'], kind: ['reference'], codebase: 'beacon' })).total).toBe(4)
      const id = await idOf(store, 'Usage')
      await memory.revise({ id, kind: 'procedure' })
      const before = (await memory.journal({})).entries[0]?.sequence
      clock.advance(1000)
      await again()
      await memory.ingest({ text: MARKDOWN, name: 'guide.md' })
      expect((await memory.journal({})).entries[0]?.sequence).toBe(before)
      expect((await memory.get({ id })).kind).toBe('procedure')
      await expectSound(store)
    })

    it('keeps front matter that is no field with each passage, where it fits', async () => {
      await using store = await engine.open()
      const { memory, clock } = store
      const ingest = (front: string) =>
        memory.ingest({ text: `---\n${front}\n---\n${MARKDOWN}`, name: 'guide.md' })
      expect(await ingest('audience: sailors')).toMatchObject({ notices: [] })
      expect((await passages(store))[2]?.metadata).toEqual({ audience: 'sailors' })
      const id = await idOf(store, 'Usage')
      await memory.revise({ id, metadata: { own: true } })
      clock.advance(1000)
      expect(await ingest('audience: pilots')).toMatchObject({ unchanged: 4 })
      expect((await passages(store)).map(({ metadata }) => Object.values(metadata)[0])).toEqual([
        'pilots',
        'pilots',
        true,
        'pilots',
      ])
      clock.advance(1000)
      const { notices } = await ingest(`audience: ${'pilots '.repeat(1300)}`)
      expect(notices).toEqual([expect.stringMatching(/^guide\.md: front matter .*left out.* 8 KiB/)])
      expect((await passages(store))[0]?.metadata).toEqual({})
      await expectSound(store)
    })
  })

  describe('a folder that is read again', () => {
    it('follows a renamed file and tells of those that are gone', async () => {
      await using store = await engine.open()
      const { memory, clock } = store
      const folder = temporaryFolder()
      writeFileSync(join(folder, 'guide.md'), MARKDOWN)
      writeFileSync(join(folder, 'other.md'), '# Other\n\nGulls nest here.\n')
      const talks = ['one', 'two'].map(id => ({ id, messages: [{ role: 'Ada', content: `On ${id}` }] }))
      writeFileSync(join(folder, 'talks.json'), JSON.stringify(talks))
      await memory.ingest({ paths: [folder] })
      const before = (await passages(store)).map(({ id }) => id)
      mkdirSync(join(folder, 'new'))
      renameSync(join(folder, 'guide.md'), join(folder, 'new', 'manual.md'))
      renameSync(join(folder, 'talks.json'), join(folder, 'new', 'talks.json'))
      rmSync(join(folder, 'other.md'))
      clock.advance(1000)
      const report = await memory.ingest({ paths: [folder] })
      expect(report).toMatchObject({ documents: 3, added: 0, unchanged: 6, superseded: 0 })
      expect(report.notices).toEqual([
        expect.stringMatching(/^1 document read earlier is no longer there: other\.md\. Its memories stay/),
      ])
      const after = await passages(store)
      expect(after.map(({ id }) => id)).toEqual(before)
      expect(new Set(after.map(({ document }) => document?.slice(folder.length + 1)))).toEqual(
        new Set(['new/manual.md', 'new/talks.json#one', 'new/talks.json#two', 'other.md']),
      )
      const gulls = after.find(({ content }) => content.includes('Gulls'))
      await memory.forget({ id: gulls?.id ?? '' })
      expect((await memory.ingest({ paths: [folder] })).notices).toEqual([])
      await expectSound(store)
    })

    it('knows a link and its target as one document', async () => {
      await using store = await engine.open()
      const folder = temporaryFolder()
      writeFileSync(join(folder, 'guide.md'), MARKDOWN)
      symlinkSync('guide.md', join(folder, 'a.md'))
      expect(await store.memory.ingest({ paths: [folder] })).toMatchObject({ documents: 1, added: 4 })
      expect(await store.memory.ingest({ paths: [join(folder, 'a.md')] })).toMatchObject({ unchanged: 4 })
      expect((await store.memory.list({})).total).toBe(4)
    })

    it('leaves out JSON that is no conversation, unless it is named or broken', async () => {
      await using store = await engine.open()
      const { memory } = store
      const folder = temporaryFolder()
      const file = join(folder, 'package.json')
      writeFileSync(file, '{"name":"beacon","version":"1.0.0"}')
      writeFileSync(join(folder, 'guide.md'), MARKDOWN)
      const report = await memory.ingest({ paths: [folder] })
      expect(report).toMatchObject({
        documents: 1,
        errors: [],
        notices: ['Left out 1: JSON that is no conversation.'],
      })
      expect((await memory.ingest({ paths: [folder, file] })).errors).toMatchObject([{ path: file }])
      writeFileSync(file, '{"name":')
      expect((await memory.ingest({ paths: [folder] })).errors).toMatchObject([{ code: 'SOURCE_MALFORMED' }])
      writeFileSync(file, '[{"role":"Ada","content":"Hello"}]')
      await memory.ingest({ paths: [folder] })
      writeFileSync(file, '{"name":"beacon"}')
      expect((await memory.ingest({ paths: [folder] })).errors).toMatchObject([{ path: file }])
    })
  })
}
