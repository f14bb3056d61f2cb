/** Reading a small document again, as a step of a random history. */
import { expect } from 'vitest'
import type { Row } from '../kit/engines.ts'
import type { LineageModel } from '../kit/lineage-model.ts'
import type { Situation, Step } from './lineage-steps.ts'

/** Which passage becomes which is told by the store; other tests know how that must be. */
export function ingest({ store, model, sections }: Situation): Step {
  const text = sections.map(({ heading, text: words }) => `# ${heading}\n\n${words}\n`).join('\n')
  return {
    refusal: null,
    call: async () => {
      expect((await store.memory.ingest({ text, name: 'guide.md' })).errors).toEqual([])
      return store.raw('select * from memories where document_id is not null order by id')
    },
    apply: rows => file(model, rows as Row[]),
  }
}

function file(model: LineageModel, rows: readonly Row[]): void {
  const before = [...model.memories.values()].filter(({ isPassage }) => isPassage)
  const ids = new Set(rows.map(({ id }) => id))
  expect(before.filter(({ id }) => !ids.has(id))).toEqual([])
  for (const { id, content, title, label, kind, project, status } of rows as unknown as PassageRow[]) {
    const known = model.memories.get(id)
    if (known === undefined) model.add(id, { content, title, label, kind, project, isPassage: true })
    else {
      Object.assign(known, { content, title, label, project })
      if (known.status === status) continue
      // Reading a file touches what it found or missed itself, and nothing that a person did.
      expect([known.status, status].sort()).toEqual(['active', 'superseded'])
      expect(known.successor).toBe(null)
      Object.assign(known, { status, earlier: status === 'active' ? [] : [...known.earlier, 'active'] })
    }
  }
}

interface PassageRow {
  readonly id: string
  readonly content: string
  readonly title: string | null
  readonly label: string | null
  readonly kind: string
  readonly project: string | null
  readonly status: string
}
