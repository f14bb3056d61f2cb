/** Random edits of one document, read again after each, against what a careful reader would expect. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { sqliteMemory, type TestStore } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'
import { ANY_STATUS } from '../kit/samples.ts'

interface Section {
  readonly heading: string
  readonly words: string
}

const SECTION: fc.Arbitrary<Section> = fc.record({
  heading: fc.constantFrom('Setup', 'Usage', 'Trouble', 'Licence'),
  words: fc.constantFrom(
    ...['red', 'blue', 'green', 'grey', 'black', 'white'].map(colour => `The ${colour} heron.`),
  ),
})

const VERSIONS = fc.array(fc.array(SECTION, { minLength: 1, maxLength: 7 }), { minLength: 2, maxLength: 6 })

function toMarkdown(sections: readonly Section[]): string {
  return sections.map(({ heading, words }) => `# ${heading}\n\n${words}\n`).join('\n')
}

async function passages({ memory }: TestStore) {
  const { results } = await memory.list({ ...ANY_STATUS, limit: 100 })
  return results.toSorted((a, b) => (a.position ?? 0) - (b.position ?? 0))
}

type Passages = Awaited<ReturnType<typeof passages>>

const liveOf = (all: Passages) => all.filter(({ status }) => status === 'active')

/** Contents that are there once, with their ids. */
function onlyOnes(all: Passages): Map<string, string> {
  const groups = Map.groupBy(all, ({ content }) => content)
  return new Map(
    [...groups].flatMap(([content, group]) => (group.length === 1 ? [[content, group[0]!.id] as const] : [])),
  )
}

it('reading an edited document again keeps ids, counts right and deletes nothing', async () => {
  await fc.assert(
    fc.asyncProperty(VERSIONS, async versions => {
      await using store = await sqliteMemory.open()
      let before: Passages = []
      for (const sections of versions) {
        store.clock.advance(1000)
        const report = await store.memory.ingest({ text: toMarkdown(sections), name: 'guide.md' })
        const after = await passages(store)
        const live = liveOf(after)
        expect(report.errors).toEqual([])
        expect(live.map(({ position }) => position)).toEqual(sections.map((_, index) => index))
        for (const [index, { words, heading }] of sections.entries()) {
          expect(live[index]).toMatchObject({ content: expect.stringContaining(words), label: heading })
        }
        expect(report.passages).toBe(sections.length)
        expect(report.added + report.unchanged + report.revised + report.restored).toBe(sections.length)
        expect(liveOf(before).length).toBe(report.unchanged + report.revised + report.superseded)
        expect(after.length).toBe(before.length + report.added)
        const ids = new Set(after.map(({ id }) => id))
        for (const { id } of before) expect(ids.has(id), 'nothing is deleted').toBe(true)
        const now = onlyOnes(live)
        for (const [content, id] of onlyOnes(liveOf(before))) {
          if (now.has(content)) expect(now.get(content), `id of "${content}"`).toBe(id)
        }
        before = after
      }
      await expectSound(store)
    }),
    { numRuns: 60 },
  )
})
