/** Two real builds of the command line that differ in how they analyse text, in turn on one store. */
import { spawn } from 'node:child_process'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { beforeAll, describe, expect, it } from 'vitest'
import { SCHEMA_VERSION } from '../../../src/store/schema/index.ts'
import { buildFolder, bundle } from '../../kit/builds.ts'
import { openReal } from '../../kit/child.ts'
import { temporaryFolder } from '../../kit/engines.ts'
import { indexOf, rebuilds, stampOf } from '../../kit/index-states.ts'
import { expectSound } from '../../kit/invariants.ts'
import { filePlace } from '../../kit/places.ts'

const ENTRY = 'src/surfaces/main.ts'

/** Analyser 2 takes one word for another, which cannot be overlooked. */
const CHANGED = [
  { file: 'src/model/analysis.ts', from: 'ANALYSER_VERSION = 1', to: 'ANALYSER_VERSION = 2' },
  {
    file: 'src/model/analysis.ts',
    from: 'scan(fields.content, found)',
    to: "scan(fields.content.replaceAll('quagga', 'zebra'), found)",
  },
]

const folder = temporaryFolder()
const [folderA, folderB] = [buildFolder(), buildFolder()]
let builds = { a: '', b: '' }

beforeAll(async () => {
  const [a, b] = await Promise.all([
    bundle(ENTRY, { folder: folderA }),
    bundle(ENTRY, { folder: folderB, changes: CHANGED }),
  ])
  builds = { a, b }
})

async function run(build: 'a' | 'b', store: string, ...args: string[]) {
  const script = `import(${JSON.stringify(builds[build])}).then(({ main }) => main(process.argv.slice(1)))`
  const child = spawn(process.execPath, ['-e', script, '--', '--store', store, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, NO_COLOR: '1' },
  })
  const ended = new Promise<number | null>(resolve => child.once('close', resolve))
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}

async function found(build: 'a' | 'b', store: string, query: string): Promise<string[]> {
  const { results } = JSON.parse(await run(build, store, 'recall', query, '--json')) as {
    results: { content: string }[]
  }
  return results.map(({ content }) => content)
}

describe('a build with another analyser', () => {
  it('rebuilds the index, finds what it should, and the first build takes its own back', async () => {
    const store = join(folder, 'store.db')
    const place = filePlace(store)
    await run('a', store, 'remember', 'a quagga grazes behind the depot')
    await run('a', store, 'remember', 'the depot opens at seven')
    expect(await found('a', store, 'zebra')).toEqual([])
    expect(await found('a', store, 'quagga')).toEqual(['a quagga grazes behind the depot'])
    const [index, stamp] = [await indexOf(place), await stampOf(place)]
    expect(await rebuilds(place)).toEqual([])

    expect(await found('b', store, 'zebra')).toEqual(['a quagga grazes behind the depot'])
    expect(await found('b', store, 'quagga')).toEqual([])
    expect(await stampOf(place)).toMatchObject({
      needs_rebuild: 0,
      digest: expect.not.stringContaining(String(stamp?.digest)),
    })
    expect(await rebuilds(place)).toEqual([{ id: expect.any(String), status: 'done', cursor: null }])
    await run('b', store, 'remember', 'another quagga was seen at noon')
    expect((await found('b', store, 'zebra')).sort()).toEqual([
      'a quagga grazes behind the depot',
      'another quagga was seen at noon',
    ])
    expect(await run('b', store, 'doctor')).toContain('All is well.')
    expect(await run('b', store, 'status')).not.toMatch(/may miss words/)

    expect(await found('a', store, 'zebra')).toEqual([])
    expect((await found('a', store, 'quagga')).sort()).toEqual([
      'a quagga grazes behind the depot',
      'another quagga was seen at noon',
    ])
    expect(await stampOf(place)).toEqual(stamp)
    expect(await rebuilds(place)).toHaveLength(2)
    expect((await indexOf(place)).rows).toEqual(expect.arrayContaining(index.rows))
    await using opened = await openReal(store)
    await expectSound(opened)
  })

  it('migrates and rebuilds a store of the first schema in one go', async () => {
    const store = join(folder, 'old.db')
    copyFileSync(join(import.meta.dirname, '../../fixtures/stores/0001.db'), store)
    await run('b', store, 'recall', 'staging')
    const place = filePlace(store)
    expect(await place.rows('select max(version) as version from schema_history')).toEqual([
      { version: SCHEMA_VERSION },
    ])
    expect(await stampOf(place)).toMatchObject({ needs_rebuild: 0 })
    expect(await run('b', store, 'doctor')).toContain('All is well.')
    expect(await found('a', store, 'kangaroos hop')).not.toEqual([])
    await using opened = await openReal(store)
    await expectSound(opened)
  })
})
