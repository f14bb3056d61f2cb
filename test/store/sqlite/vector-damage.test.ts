/** What may lie in the place of an index: whatever it is, it is told, and no process ends or answers from it. */
import { spawn } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { canonicalJson, sha256 } from '../../../src/model/digest.ts'
import { openVectorFile } from '../../../src/store/sqlite/vector-file.ts'
import { foldVectorFile } from '../../../src/store/sqlite/vector-fold.ts'
import { temporaryFolder } from '../../kit/engines.ts'
import { SEED, seeded } from '../../kit/random.ts'
import { DIMENSIONS, foldTo, mustOpen, rowsBetween, SPACE, vectorsOf } from '../../kit/vectors.ts'

const folder = temporaryFolder()
const CHILD = join(import.meta.dirname, '../../kit/vector-child.ts')
const packed = vectorsOf(500)
const ROWS = 300

const whole = foldTo(join(folder, 'whole'), packed, ROWS).then(() => join(folder, 'whole'))
let copies = 0

/** A folder with the index, changed by `change`, which is given the paths of the file and the manifest. */
async function damaged(change: (file: string, manifest: string) => void): Promise<string> {
  const own = join(folder, `copy ${++copies}`)
  cpSync(await whole, own, { recursive: true })
  change(join(own, 'a-space-1.usearch'), join(own, 'a-space.json'))
  return own
}

/** With a hash of its own that fits, as another build or another store wrote it. */
function forge(manifest: string, fields: object): void {
  const { manifest_hash: _hash, ...before } = JSON.parse(readFileSync(manifest, 'utf8'))
  const after = { ...before, ...fields }
  writeFileSync(manifest, `${canonicalJson({ ...after, manifest_hash: sha256(canonicalJson(after)) })}\n`)
}

function flip(path: string, at: number, bit: number): void {
  const bytes = readFileSync(path)
  bytes[at]! ^= 1 << bit
  writeFileSync(path, bytes)
}

interface Answer {
  readonly kind?: string
  readonly why?: string
  readonly ids?: readonly number[]
  readonly code?: string
  readonly message?: string
}

/** A process of its own, since what is proved here ended processes. Standard input is a pipe that stays open. */
async function inChild(args: readonly string[], imports: readonly string[] = []): Promise<Answer[]> {
  const options = imports.flatMap(module => ['--import', module])
  const child = spawn(process.execPath, [...options, CHILD, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
  const ended = new Promise(resolve => child.once('close', (code, signal) => resolve(code ?? signal)))
  const [said, errors, end] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  expect([end, errors]).toEqual([0, ''])
  return said
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
}

/** Each of the folders, as one process opens them one after the other. */
async function openedInChild(folders: readonly string[]): Promise<Answer[]> {
  const answers: Answer[] = []
  // As many at once as a command line takes anywhere.
  for (let from = 0; from < folders.length; from += 200) {
    const some = await inChild(['open', ...folders.slice(from, from + 200)])
    expect(some.pop()).toEqual({ input: true })
    answers.push(...some)
  }
  expect(answers).toHaveLength(folders.length)
  return answers
}

const text16 = 'This is no index at all. '.repeat(1000)

/** What is put there, and what must be said of it. */
const PLACED: readonly [string, (file: string, manifest: string) => void, RegExp][] = [
  ['no file', file => rmSync(file), /usearch is missing/],
  ['an empty file', file => truncateSync(file, 0), /has 0 bytes/],
  ['a text', file => writeFileSync(file, text16), /has 25000 bytes/],
  [
    'a text of its length',
    file => writeFileSync(file, text16.repeat(9).slice(0, statSync(file).size)),
    /is damaged/,
  ],
  ['a folder', file => [rmSync(file), mkdirSync(file)], /is no file|cannot be read/],
  ['a link to nothing', file => [rmSync(file), symlinkSync(join(folder, 'nowhere'), file)], /is missing/],
  [
    'zeros in the middle',
    file => writeFileSync(file, readFileSync(file).fill(0, 9000, 13_096)),
    /is damaged/,
  ],
  ['bytes after its end', file => writeFileSync(file, Buffer.alloc(3), { flag: 'a' }), /bytes, not/],
  ['an empty manifest', (_, manifest) => truncateSync(manifest, 0), /not JSON/],
  ['a manifest of nothing', (_, manifest) => writeFileSync(manifest, 'null'), /not an object/],
  ['a list for a manifest', (_, manifest) => writeFileSync(manifest, '[]'), /missing or malformed/],
  ['a huge manifest', (_, manifest) => writeFileSync(manifest, ' '.repeat(70_000)), /70000 bytes/],
  [
    'a folder for a manifest',
    (_, manifest) => [rmSync(manifest), mkdirSync(manifest)],
    /cannot be read|bytes/,
  ],
  ['another store', (_, manifest) => forge(manifest, { store: 'b' }), /another store/],
  ['another space', (_, manifest) => forge(manifest, { space: 'b' }), /the space b/],
  ['other dimensions', (_, manifest) => forge(manifest, { dimensions: 64 }), /64 dimensions, not 32/],
  ['a newer format', (_, manifest) => forge(manifest, { format: 2, crc32: null }), /the format 2/],
  ['other settings', (_, manifest) => forge(manifest, { quantisation: 'f16' }), /settings of another build/],
  ['a wrong sum', (_, manifest) => forge(manifest, { crc32: '00000000' }), /is damaged/],
  ['another count', (_, manifest) => forge(manifest, { count: 299 }), /holds 300 vectors, not 299/],
  ['negative numbers', (_, manifest) => forge(manifest, { covered: -1, bytes: 0 }), /covered, bytes/],
]

describe('in the place of an index', () => {
  it('each thing is told for what it is', async () => {
    const folders = await Promise.all(PLACED.map(([, change]) => damaged(change)))
    const answers = await openedInChild([await whole, ...folders])
    expect(answers.shift()).toEqual({ kind: 'open', ids: [5] })
    for (const [place, [what, , why]] of PLACED.entries())
      expect(answers[place], what).toMatchObject({ kind: 'unusable', why: expect.stringMatching(why) })
  })

  it('a new one can be put whatever was there', async () => {
    for (const [what, change] of PLACED) {
      const own = await damaged(change)
      const folding = foldVectorFile(own, SPACE, { from: null, rows: rowsBetween(packed, 0, 40) })
      if (what === 'a folder for a manifest') {
        const message = expect.stringMatching(/Delete that folder/)
        await expect(folding).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', message })
        continue
      }
      expect((await folding)?.count, what).toBe(40)
      expect((await mustOpen(own)).count, what).toBe(40)
      expect(readdirSync(own), what).toHaveLength(what === 'a folder' ? 3 : 2)
    }
  }, 120_000)

  it('a file for the folder is told as well', async () => {
    const own = join(folder, 'file')
    writeFileSync(own, 'not a folder')
    expect(await openVectorFile(own, SPACE)).toMatchObject({ kind: 'unusable' })
    const folding = foldVectorFile(own, SPACE, { from: null, rows: rowsBetween(packed, 0, 40) })
    await expect(folding).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(readFileSync(own, 'utf8')).toBe('not a folder')
  })

  it('a file that ends early is found at every length', async () => {
    const { size } = statSync(join(await whole, 'a-space-1.usearch'))
    const lengths = [
      ...Array(80).keys(),
      ...[1, 2, 3, 5, 9].flatMap(step => [size - step, Math.floor(size / step)]),
    ]
    for (let length = 80; length < size; length += 977) lengths.push(length)
    const torn = [...new Set(lengths)].filter(length => length < size)
    const folders = await Promise.all(torn.map(length => damaged(file => truncateSync(file, length))))
    const answers = await openedInChild(folders)
    for (const [place, length] of torn.entries())
      expect(answers[place]?.why, `${length}`).toMatch(`has ${length} bytes, not ${size}`)
  })

  it(`a bit that flipped is found anywhere (HEIRLOOM_TEST_SEED=${SEED} repeats it)`, async () => {
    const { size } = statSync(join(await whole, 'a-space-1.usearch'))
    const random = seeded(SEED)
    const places = [...Array(120).keys(), ...Array.from({ length: 280 }, () => Math.floor(random() * size))]
    const folders = await Promise.all(
      places.map(at => damaged(file => flip(file, at, Math.floor(random() * 8)))),
    )
    const answers = await openedInChild(folders)
    for (const [place, at] of places.entries()) expect(answers[place]?.why, `${at}`).toMatch(/is damaged/)
  })

  it('a manifest that is torn or altered is never believed', async () => {
    const manifest = join(await whole, 'a-space.json')
    const bytes = readFileSync(manifest)
    const own = await damaged(() => undefined)
    for (let length = 0; length < bytes.length; length++) {
      writeFileSync(join(own, 'a-space.json'), bytes.subarray(0, length))
      expect((await openVectorFile(own, SPACE)).kind, `${length}`).toBe('unusable')
    }
    for (let at = 0; at < bytes.length; at++) {
      const altered = Buffer.from(bytes)
      altered[at]! ^= 1 << (at % 8)
      writeFileSync(join(own, 'a-space.json'), altered)
      expect((await openVectorFile(own, SPACE)).kind, `${at}`).toBe('unusable')
    }
    writeFileSync(join(own, 'a-space.json'), bytes)
    expect((await openVectorFile(own, SPACE)).kind).toBe('open')
  })

  it('a manifest of an older generation counts only with its file', async () => {
    const own = await damaged(() => undefined)
    const older = ['a-space.json', 'a-space-1.usearch'].map(name => ({
      name,
      bytes: readFileSync(join(own, name)),
    }))
    expect((await foldTo(own, packed, 400)).generation).toBe(2)
    writeFileSync(join(own, older[0]!.name), older[0]!.bytes)
    expect(await openVectorFile(own, SPACE)).toMatchObject({
      why: expect.stringMatching(/1.usearch is missing/),
    })
    writeFileSync(join(own, older[1]!.name), older[1]!.bytes)
    expect(await mustOpen(own)).toMatchObject({ generation: 1, covered: ROWS })
    // The number of the generation that got lost is not given again while its file is there.
    expect(await foldTo(own, packed, 420)).toMatchObject({ generation: 3, covered: 420 })
    expect(readdirSync(own).sort()).toEqual(['a-space-3.usearch', 'a-space.json'])
  })

  it('a generation that is damaged while it is open is not gone on from', async () => {
    const own = await damaged(() => undefined)
    const from = await mustOpen(own)
    const file = join(own, 'a-space-1.usearch')
    const bytes = readFileSync(file)
    bytes[5000]! ^= 1
    // Beside it and renamed: what is mapped stays whole.
    writeFileSync(`${file}.other`, bytes)
    renameSync(`${file}.other`, file)
    const folding = foldVectorFile(own, SPACE, { from, rows: rowsBetween(packed, ROWS, 400) })
    await expect(folding).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      message: expect.stringMatching(/damaged/),
    })
    expect(from.search(packed.subarray(0, DIMENSIONS), 1).ids).toEqual([1])
  })
})

it('on a machine without the library there are no indexes, and it is said why', async () => {
  const hooks = `import { registerHooks } from 'node:module'
    registerHooks({ resolve(name, context, next) {
      if (name === 'usearch') throw new Error('No native build was found')
      return next(name, context)
    } })`
  const without = [`data:text/javascript,${encodeURIComponent(hooks)}`]
  const [answer] = await inChild(['open', await whole], without)
  expect(answer).toEqual({
    kind: 'unusable',
    why: 'usearch cannot be loaded on this machine: No native build was found',
  })
  const [refused] = await inChild(['fold anew', await damaged(() => undefined)], without)
  expect(refused).toMatchObject({ code: 'UNSUPPORTED', message: expect.stringMatching(/without an index/) })
})
