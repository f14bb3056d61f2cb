/** How each derived part is emptied, and filled a batch at a time. */
import type { ArtefactName } from '../store/artefacts/artefact.ts'
import type { Database, Engine } from '../store/engine.ts'
import type { Change, Exclusive } from '../store/exclusive.ts'
import { addMissingSignatures, addMissingVersions } from '../store/keyword-filler.ts'
import { fillClaims, fillMentions, fillNames } from '../store/knowledge-filler.ts'
import type { RunError } from '../store/runs.ts'

export interface Batch {
  /** Rows that were looked at. */
  readonly done: number
  readonly errors: readonly RunError[]
  /** Where the next batch goes on; null at the end. */
  readonly cursor: string | null
}

interface Filler {
  empty(on: { engine: Engine; change: Change; permit: Exclusive }): Promise<void>
  /** How many rows there are to look at, about. */
  total(db: Database): Promise<number>
  fill(on: { engine: Engine; change: Change }, cursor: string): Promise<Batch>
}

export const FILLERS: Readonly<Record<ArtefactName, Filler>> = {
  keyword: {
    // Signatures name rows of this index. They come back with the rows.
    empty: async ({ engine, change, permit }) => {
      await engine.keyword.empty(change, permit)
      await change.script('delete from keyword_signatures')
    },
    total: db => countOf(db, 'memories'),
    fill: ({ engine, change }, cursor) => addMissingVersions(change.db, engine, cursor),
  },
  near_duplicates: {
    empty: ({ change }) => change.script('delete from keyword_signatures'),
    total: db => countOf(db, 'memories'),
    fill: ({ engine, change }, cursor) => addMissingSignatures(change.db, engine, cursor),
  },
  names: {
    empty: ({ change }) => change.script('delete from entity_names; delete from entity_heads'),
    total: db => countOf(db, 'entities'),
    fill: ({ engine, change }, cursor) => fillNames(change.db, engine, cursor),
  },
  claims: {
    empty: ({ change }) => change.script('delete from claims'),
    total: db => countOf(db, 'memories'),
    fill: ({ engine, change }, cursor) => fillClaims(change.db, engine, cursor),
  },
  mentions: {
    empty: ({ change }) => change.script(`delete from edges where type = 'mentions'`),
    total: db => countOf(db, 'memories'),
    fill: ({ engine, change }, cursor) => fillMentions(change.db, engine, cursor),
  },
}

async function countOf(db: Database, table: 'memories' | 'entities'): Promise<number> {
  const row = await db
    .selectFrom(table as 'memories')
    .select(eb => eb.fn.countAll<number>().as('count'))
    .executeTakeFirst()
  return Number(row?.count ?? 0)
}
