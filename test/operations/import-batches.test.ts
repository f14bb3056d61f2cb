/** Imports of several batches that fail or are stopped in one of them: each is kept whole or not at all. */
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { contentHash } from '../../src/model/digest.ts'
import {
  IS_THOROUGH,
  pglite,
  sqliteMemory,
  type TestEngine,
  type TestStore,
  temporaryFolder,
} from '../kit/engines.ts'
import { linkRows } from '../kit/graphs.ts'
import { expectSound } from '../kit/invariants.ts'
import { linksOf, makeMemtomem } from '../kit/older-stores.ts'

/** Beside those of the fixture: two batches. */
const CHUNKS = 400

const folder = temporaryFolder()
let files = 0

/** Makes one row of a table fail. @returns what lets it pass. */
async function refuse({ raw, memory }: TestStore, table: string, column: string, value: string) {
  if ((await memory.status({})).engine === 'postgres') {
    await raw(`alter table ${table} add constraint no_row check (${column} <> '${value}')`)
    return () => raw(`alter table ${table} drop constraint no_row`)
  }
  await raw(`create trigger no_row before insert on ${table} when new.${column} = '${value}'
    begin select raise(abort, 'no_row'); end`)
  return () => raw('drop trigger no_row')
}

/** In the first batch are the chunks of the fixture and 233 more. */
const FIRST = 22 + 233

function batching(engine: TestEngine): void {
  describe(`an import into ${engine.name}`, () => {
    const rows = [
      ['memories', 'content', 'chunk 300'],
      // Of the one copy of that chunk, which is in the second batch.
      ['links', 'source_hash', contentHash('chunk 100')],
    ] as const
    it.each(rows)(
      'keeps a batch whole or not at all when %s cannot be written',
      async (table, column, value) => {
        await using store = await engine.open()
        const path = join(folder, `${++files}.db`)
        const chunks = makeMemtomem(path, CHUNKS)
        const allow = await refuse(store, table, column, value)
        await expect(store.memory.import_memtomem({ path })).rejects.toThrow(/no_row/)
        await allow()
        expect((await store.memory.list({})).total).toBe(FIRST)
        expect(
          (await store.raw(`select id from memories where content in ('chunk 232', 'chunk 233')`)).length,
        ).toBe(1)
        await expectSound(store)
        const report = await store.memory.import_memtomem({ path })
        expect(report).toMatchObject({ kept: chunks - FIRST, already_known: FIRST })
        expect(await linkRows(store)).toHaveLength(linksOf(CHUNKS))
        expect(await store.raw('select target_id from links where source_id is null')).toHaveLength(1)
      },
    )

    it('stops between batches when it is told to, and goes on when asked again', async () => {
      await using store = await engine.open()
      const path = join(folder, `${++files}.db`)
      const chunks = makeMemtomem(path, CHUNKS)
      const controller = new AbortController()
      const options = { signal: controller.signal, progress: () => controller.abort() }
      const error = await store.memory.import_memtomem({ path }, options).catch((caught: unknown) => caught)
      expect(error).toMatchObject({ code: 'ABORTED' })
      expect(String(error)).toContain(`${FIRST} of ${chunks + 1}`)
      expect((await store.memory.list({})).total).toBe(FIRST)
      await expectSound(store)
      expect(await store.memory.import_memtomem({ path })).toMatchObject({ kept: chunks - FIRST })
    })
  })
}

batching(sqliteMemory)
if (IS_THOROUGH) batching(pglite())
