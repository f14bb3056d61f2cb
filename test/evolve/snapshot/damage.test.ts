import { cpSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'kysely'
import { beforeAll, describe, expect, it } from 'vitest'
import { manifestPath } from '../../../src/evolve/snapshot/folder.ts'
import { listSnapshots } from '../../../src/evolve/snapshot/list.ts'
import type { Manifest, Part } from '../../../src/evolve/snapshot/manifest.ts'
import { restoreFile } from '../../../src/evolve/snapshot/restore.ts'
import { verifySnapshot } from '../../../src/evolve/snapshot/verify.ts'
import { canonicalJson, sha256 } from '../../../src/model/digest.ts'
import { IS_THOROUGH, temporaryFolder } from '../../kit/engines.ts'
import { fill, flipped, open, partPath, rememberMany, tamper } from './kit.ts'

const folder = temporaryFolder()
const sound = join(folder, 'sound')
let manifest: Manifest
let count = 0

beforeAll(async () => {
  await using store = await open()
  await fill(store)
  await rememberMany(store, 90)
  manifest = await store.snapshot(sound)
})

/** A copy of the sound snapshot, to be damaged. */
function copy(): string {
  const to = join(folder, `damaged-${++count}`)
  cpSync(sound, to, { recursive: true })
  return to
}

/** Verify names it, and restore refuses it before it writes anything, even onto what it may replace. */
async function expectFound(dir: string, problem: RegExp): Promise<void> {
  const { ok, problems, digest } = await verifySnapshot(dir, manifest.id)
  expect({ ok, digest }).toEqual({ ok: false, digest: null })
  expect(problems.join('\n')).toMatch(problem)
  await using target = await open()
  await target.memory.remember({ content: 'what was there' })
  const before = await target.digest()
  const written = await changesOf(target)
  const restoring = target.restore({ folder: dir, id: manifest.id, replace: true })
  await expect(restoring).rejects.toMatchObject({ code: 'SNAPSHOT_DAMAGED' })
  expect(await target.digest()).toEqual(before)
  expect(await changesOf(target)).toBe(written)
}

/** How many rows the connection has changed, also in transactions that were undone. */
async function changesOf({ engine }: Awaited<ReturnType<typeof open>>): Promise<number> {
  const { rows } = await engine.read(db => sql<{ n: number }>`select total_changes() as n`.execute(db))
  return rows[0]!.n
}

const DAMAGE: readonly [string, (path: string, other: string) => void, string][] = [
  ['torn', path => tamper(path, bytes => bytes.subarray(0, bytes.length - 1)), 'torn or altered'],
  [
    'torn in the middle',
    path => tamper(path, bytes => bytes.subarray(0, bytes.length >> 1)),
    'torn or altered',
  ],
  ['emptied', path => writeFileSync(path, ''), 'is empty'],
  ['zeroed', path => tamper(path, bytes => Buffer.alloc(bytes.length)), 'torn or altered'],
  ['longer', path => tamper(path, bytes => Buffer.concat([bytes, Buffer.from('x')])), 'torn or altered'],
  ['missing', path => rmSync(path), 'is missing'],
  ['another part', (path, other) => writeFileSync(path, readFileSync(other)), 'is another part or altered'],
]

describe.each(DAMAGE)('a part that is %s', (_name, damage, said) => {
  it('is found wherever it is', async () => {
    for (const [at, part] of manifest.parts.entries()) {
      const dir = copy()
      const other = manifest.parts[(at + 1) % manifest.parts.length]!
      damage(partPath(dir, part), partPath(dir, other))
      const named = `part ${part.table} parts.${part.hash}.gz.* ${said}`
      await expectFound(dir, new RegExp(named.replace(' is ', ' .*')))
    }
  })
})

it('two parts that changed places are both named', async () => {
  const dir = copy()
  const [one, two] = [manifest.parts[0]!, manifest.parts.at(-1)!]
  renameSync(partPath(dir, one), join(dir, 'aside'))
  renameSync(partPath(dir, two), partPath(dir, one))
  renameSync(join(dir, 'aside'), partPath(dir, two))
  await expectFound(dir, new RegExp(`${one.hash}[^]*${two.hash}`))
})

/** One bit in so many, whose places in their bytes take turns, since no step has a divisor in common with eight. */
const STEP = IS_THOROUGH ? 1 : 7

it('a flipped bit of a part is found', async () => {
  const dir = copy()
  const part = smallest(manifest.parts)
  const path = partPath(dir, part)
  const bytes = readFileSync(path)
  for (let bit = 0; bit < bytes.length * 8; bit += STEP) {
    writeFileSync(path, flipped(bytes, bit))
    const { problems } = await verifySnapshot(dir, manifest.id)
    expect(problems, `bit ${bit}`).toEqual([expect.stringContaining(part.hash)])
  }
})

it('a flipped bit of a manifest is found', async () => {
  const dir = copy()
  const path = manifestPath(dir, manifest.id)
  const bytes = readFileSync(path)
  for (let bit = 0; bit < bytes.length * 8; bit += 3 * STEP) {
    writeFileSync(path, flipped(bytes, bit))
    expect(await listSnapshots(dir), `bit ${bit}`).toMatchObject([{ status: 'damaged' }])
  }
})

type Fields = Record<string, unknown>

/** A manifest changed by somebody who also mends its hash. */
function rewrite(dir: string, change: (fields: Fields) => unknown): void {
  const { manifest_hash: _hash, ...fields } = JSON.parse(
    readFileSync(manifestPath(dir, manifest.id), 'utf8'),
  ) as Fields
  const changed = change(fields) as Fields
  const text = canonicalJson({ ...changed, manifest_hash: sha256(canonicalJson(changed)) })
  writeFileSync(manifestPath(dir, manifest.id), `${text}\n`)
}

const EDITS: readonly [string, (dir: string, path: string) => void, RegExp][] = [
  ['truncated', (_, path) => tamper(path, bytes => bytes.subarray(0, 100)), /torn or altered: not JSON/],
  ['empty', (_, path) => writeFileSync(path, ''), /manifest is empty/],
  ['a list', (_, path) => writeFileSync(path, '[]'), /not an object/],
  [
    'edited',
    (_, path) => tamper(path, b => Buffer.from(`${b}`.replace('"tag":null', '"tag":"x"'))),
    /own hash/,
  ],
  ['without a field', dir => rewrite(dir, ({ parts: _, ...rest }) => rest), /parts missing or malformed/],
  [
    'of another format',
    dir => rewrite(dir, fields => ({ ...fields, format: 2 })),
    /format 2; this build knows 1/,
  ],
  ['of a newer schema', dir => rewrite(dir, fields => ({ ...fields, schema_version: 999 })), /schema 999/],
  [
    'that of another',
    dir => rewrite(dir, f => ({ ...f, id: '20200101-000000-00000000' })),
    /under another name/,
  ],
  [
    'without a part',
    dir => rewrite(dir, f => ({ ...f, parts: (f.parts as Part[]).slice(1) })),
    /0 rows read back/,
  ],
]

it.each(EDITS)('a manifest that is %s is found', async (_name, edit, problem) => {
  const dir = copy()
  edit(dir, manifestPath(dir, manifest.id))
  const { ok, problems } = await verifySnapshot(dir, manifest.id)
  expect(ok).toBe(false)
  expect(problems.join()).toMatch(problem)
  await using target = await open()
  const before = await target.digest()
  await expect(target.restore({ folder: dir, id: manifest.id })).rejects.toMatchObject({
    code: expect.stringMatching(/SNAPSHOT_DAMAGED|SCHEMA_TOO_NEW/),
  })
  expect(await target.digest()).toEqual(before)
})

it('a path in the place of a hash reaches nothing', async () => {
  const dir = copy()
  rewrite(dir, fields => ({ ...fields, parts: [{ ...manifest.parts[0], hash: '../../x' }] }))
  expect(await listSnapshots(dir)).toMatchObject([{ status: 'damaged' }])
  await expect(verifySnapshot(dir, '../sound/x')).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

it('lists damaged ones with the reason, beside sound ones', async () => {
  const dir = copy()
  await using store = await open()
  const { id } = await store.snapshot(dir)
  writeFileSync(manifestPath(dir, manifest.id), '{')
  const listed = await listSnapshots(dir)
  expect(listed).toHaveLength(2)
  expect(listed).toContainEqual(expect.objectContaining({ id, status: 'ok' }))
  expect(listed).toContainEqual({
    id: manifest.id,
    status: 'damaged',
    problem: 'the manifest is torn or altered: not JSON',
  })
})

it('a damaged file is not restored, a sound one only to a free place', async () => {
  await using store = await open({ store: join(folder, 'whole.db') })
  await rememberMany(store, 5)
  const dir = join(folder, 'file')
  const { id, parts, digest } = await store.snapshot(dir, { kind: 'file' })
  const to = join(folder, 'restored.db')
  await restoreFile({ folder: dir, id, to })
  {
    await using restored = await open({ store: to })
    expect((await restored.digest()).full).toBe(digest?.full)
  }
  await expect(restoreFile({ folder: dir, id, to })).rejects.toMatchObject({ code: 'CONFLICT' })
  tamper(partPath(dir, parts[0]!, 'file'), bytes => flipped(bytes, 5000))
  const elsewhere = join(folder, 'elsewhere.db')
  await expect(restoreFile({ folder: dir, id, to: elsewhere })).rejects.toMatchObject({
    code: 'SNAPSHOT_DAMAGED',
    message: expect.stringContaining(parts[0]!.hash),
  })
  expect(existsSync(elsewhere)).toBe(false)
  await expect(store.restore({ folder: dir, id, replace: true })).rejects.toMatchObject({
    code: 'UNSUPPORTED',
  })
})

function smallest(parts: readonly Part[]): Part {
  return [...parts].sort((a, b) => a.stored_bytes - b.stored_bytes)[0]!
}
