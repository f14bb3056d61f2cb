/** A fold that is interrupted leaves the generation before it, and nothing that stays. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, readdirSync, statfsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { afterAll, describe, expect, it } from 'vitest'
import { openVectorFile } from '../../../src/store/sqlite/vector-file.ts'
import { foldVectorFile } from '../../../src/store/sqlite/vector-fold.ts'
import { IS_THOROUGH, temporaryFolder } from '../../kit/engines.ts'
import { foldTo, mustOpen, rowsBetween, SPACE, strangers, vectorsOf } from '../../kit/vectors.ts'

const folder = temporaryFolder()
const packed = vectorsOf(3000)
const CHILD = join(import.meta.dirname, '../../kit/vector-child.ts')
const POINTS = join(import.meta.dirname, '../../faults/evolution/points.ts')

/** One manifest and the generation that it names, which is searched. */
async function expectOnly(own: string, covered: number): Promise<void> {
  const index = await mustOpen(own)
  expect([index.covered, index.count]).toEqual([covered, covered])
  expect(readdirSync(own).sort()).toEqual([`a-space-${index.generation}.usearch`, 'a-space.json'])
  expect(strangers(index, packed)).toBe(0)
}

describe('a fold that is broken off', () => {
  it('by its caller, leaves the index as it was', async () => {
    const own = join(folder, 'aborted')
    const from = await foldTo(own, packed, 300)
    const controller = new AbortController()
    function* rows() {
      for (const part of rowsBetween(packed, 300, 2000)) {
        if (part.ids.includes(1200)) controller.abort(new Error('enough'))
        yield part
      }
    }
    const { signal } = controller
    const folding = foldVectorFile(own, SPACE, { from, rows: rows(), signal })
    await expect(folding).rejects.toMatchObject({ code: 'ABORTED' })
    await expectOnly(own, 300)
    const again = foldVectorFile(own, SPACE, { from, rows: [], signal })
    await expect(again).rejects.toMatchObject({ code: 'ABORTED' })
    // The thread works on something when this comes.
    const later = new AbortController()
    const working = foldVectorFile(own, SPACE, {
      from,
      rows: rowsBetween(packed, 300, 3000),
      signal: later.signal,
    })
    setImmediate(() => later.abort())
    await expect(working).rejects.toMatchObject({ code: 'ABORTED' })
    await expectOnly(own, 300)
  })

  it('by rows that cannot be read, leaves the index as it was', async () => {
    const own = join(folder, 'unreadable')
    const from = await foldTo(own, packed, 300)
    async function* rows() {
      yield* rowsBetween(packed, 300, 600)
      throw new Error('the disk')
    }
    await expect(foldVectorFile(own, SPACE, { from, rows: rows() })).rejects.toThrow('the disk')
    await expectOnly(own, 300)
  })

  it('long ago, leaves nothing that the next does not remove', async () => {
    const own = join(folder, 'leftovers')
    await foldTo(own, packed, 100)
    for (const name of [
      'a-space-2.usearch.tmp',
      'a-space.json.tmp',
      'a-space-2.usearch',
      'a-space-17.usearch',
    ])
      writeFileSync(join(own, name), 'half of')
    const others = ['a-space-b-2.usearch', 'a-space-b.json.tmp', 'notes.txt', 'a-space-1.txt']
    for (const name of others) writeFileSync(join(own, name), 'somebody else’s')
    expect((await foldTo(own, packed, 200)).generation).toBe(18)
    expect(readdirSync(own).sort()).toEqual(['a-space-18.usearch', 'a-space.json', ...others].sort())
  })
})

/**
 * A child that folds and is killed at one of its steps, before it or in the middle of it.
 * @returns the step; null where it had fewer, and lived.
 */
async function killedAt(own: string, point: number, mode: 'before' | 'during'): Promise<string | null> {
  const env = { ...process.env, HEIRLOOM_FAULT_POINT: String(point), HEIRLOOM_FAULT_MODE: mode }
  const child = spawn(process.execPath, ['--import', POINTS, CHILD, 'fold', own, '700'], { env })
  const ended = once(child, 'close')
  const [[code, signal], said, errors] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
  expect(errors).toBe('')
  const [first = '{}'] = said.split('\n')
  const { step = null } = JSON.parse(first) as { step?: string }
  expect([code, signal]).toEqual(step === null ? [0, null] : [null, 'SIGKILL'])
  return step
}

describe('a process that is killed while it folds', () => {
  const cases = [
    ['again', 300],
    ['the first time', 0],
  ] as const
  for (const [what, before] of IS_THOROUGH ? cases : cases.slice(0, 1)) {
    it(`${what}, at every step, leaves an index that is whole or none`, async () => {
      const base = join(folder, `killed ${before}`)
      mkdirSync(base)
      if (before > 0) await foldTo(base, packed, before)
      const steps: string[] = []
      const seen = new Set<number>()
      const killAt = async (point: number, mode: 'before' | 'during') => {
        const own = join(folder, `killed ${before} ${point} ${mode}`)
        cpSync(base, own, { recursive: true })
        const step = await killedAt(own, point, mode)
        const opened = await openVectorFile(own, SPACE)
        if (opened.kind === 'unusable') throw new Error(`${mode} ${step}: ${opened.why}`)
        if (opened.kind === 'open') expect(strangers(opened.index, packed)).toBe(0)
        seen.add(opened.kind === 'open' ? opened.index.covered : 0)
        await foldTo(own, packed, 800)
        await expectOnly(own, 800)
        return step
      }
      for (;;) {
        const step = await killAt(steps.length + 1, 'before')
        if (step === null) break
        steps.push(step)
        if (/write/.test(step)) expect(await killAt(steps.length, 'during')).toBe(step)
      }
      expect(steps.filter(step => step === 'file rename')).toHaveLength(2)
      expect(steps.filter(step => step === 'file fsync').length).toBeGreaterThan(3)
      // Either was seen: the old one before the manifest was renamed, the new one after.
      expect([...seen].sort((a, b) => a - b)).toEqual([before, 700])
    }, 180_000)
  }
})

describe('a disk that is full', () => {
  const disk = join(folder, 'disk')
  const mount = (options: string) => {
    mkdirSync(disk, { recursive: true })
    return spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', disk]).status === 0
  }
  afterAll(() => void spawnSync('umount', ['-l', disk]))

  it('leaves the index as it was, wherever it ends', async context => {
    if (!mount('size=8m')) context.skip('only root may mount the small disk that this fills')
    const own = join(disk, 'store.vectors')
    await foldTo(own, packed, 300)
    const { blocks, bfree, bsize } = statfsSync(disk)
    const used = ((blocks - bfree) * bsize) / 1024
    const step = IS_THOROUGH ? 4 : 12
    let [full, kilobytes] = [0, used]
    for (; ; kilobytes += step) {
      const resized = spawnSync('mount', ['-o', `remount,size=${kilobytes}k`, disk])
      expect(resized.status).toBe(0)
      const folded = await foldTo(own, packed, 600).catch((error: unknown) => error)
      if (!(folded instanceof Error)) break
      expect(folded, `${kilobytes} kB`).toMatchObject({
        code: 'STORE_FULL',
        message: expect.stringMatching(/Free some space/),
      })
      full++
      await expectOnly(own, 300)
    }
    // Room for both generations and both manifests.
    const { size } = statSync(join(own, 'a-space-2.usearch'))
    expect((kilobytes - used) * 1024).toBeLessThan(size + (8 + step) * 1024)
    expect(full).toBeGreaterThan(7)
    await expectOnly(own, 600)
  }, 120_000)
})

describe('processes that read while another folds', () => {
  it('see whole generations, each newer than the one before', async () => {
    const own = join(folder, 'read')
    await foldTo(own, packed, 200)
    const readers = [1, 2].map(() => {
      const child = spawn(process.execPath, [CHILD, 'read', own], { stdio: ['pipe', 'pipe', 'pipe'] })
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
      return { child, lines, errors: text(child.stderr), ended: once(child, 'close') }
    })
    for (const { lines } of readers)
      expect(JSON.parse((await lines.next()).value ?? '{}')).toEqual({ ready: true })
    const last = 200 + 8 * 90
    for (let rows = 290; rows <= last; rows += 90) await foldTo(own, packed, rows)
    for (const { child, lines, errors, ended } of readers) {
      child.stdin.end()
      const said = JSON.parse((await lines.next()).value ?? '{}')
      expect([(await ended)[0], await errors]).toEqual([0, ''])
      expect(said).toMatchObject({ wrong: 0 })
      expect(said.opened).toBeGreaterThan(1)
    }
    await expectOnly(own, last)
  })
})
