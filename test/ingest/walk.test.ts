import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseSource } from '../../src/ingest/parse.ts'
import { type FoundSource, findSources, readSource, sourceFromText } from '../../src/ingest/walk.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heirloom-walk-'))
})
afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

async function put(...names: string[]) {
  for (const name of names) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), `text of ${name}`)
  }
}

async function find(path = folder): Promise<FoundSource[]> {
  const found: FoundSource[] = []
  for await (const source of findSources(path)) found.push(source)
  return found
}

const readable = (found: FoundSource[]) =>
  found.filter(({ error, skipped }) => !error && !skipped).map(f => f.name)

describe('finding sources', () => {
  it('finds the files of known extensions in order, and says what it leaves out', async () => {
    await put(
      'b.md',
      'a/z.TXT',
      'a/b/c.jsonl',
      'c.json',
      '.git/x.md',
      'node_modules/p/README.md',
      'pic.png',
      'LICENSE',
      '.env.md',
    )
    const found = await find()
    expect(readable(found)).toEqual(['a/b/c.jsonl', 'a/z.TXT', 'b.md', 'c.json'])
    expect(found.flatMap(({ name, skipped }) => (skipped ? [[name, skipped]] : []))).toEqual([
      ['.env.md', 'hidden'],
      ['.git', 'hidden'],
      ['LICENSE', 'no extension'],
      ['node_modules', 'installed packages'],
      ['pic.png', 'extension .png'],
    ])
    expect(found.every(({ path, name }) => path === join(folder, name))).toBe(true)
  })

  it('always finds a file that is named itself', async () => {
    await put('.hidden/LICENSE')
    expect(await find(join(folder, '.hidden/LICENSE'))).toEqual([
      { path: join(folder, '.hidden/LICENSE'), name: 'LICENSE' },
    ])
  })

  it('refuses a path that does not exist', async () => {
    await expect(find(join(folder, 'none.md'))).rejects.toMatchObject({
      code: 'SOURCE_UNREADABLE',
      message: expect.stringContaining('none.md does not exist'),
    })
  })

  it('goes no further than the root through links, and in no circle', async () => {
    await put('root/a.md', 'root/.hidden/real.md', 'outside/secret.md')
    await symlink('..', join(folder, 'root/up'))
    await symlink('../outside', join(folder, 'root/out.md'))
    await symlink('../outside/secret.md', join(folder, 'root/secret.md'))
    await symlink('.hidden/real.md', join(folder, 'root/inside.md'))
    await symlink('loop.md', join(folder, 'root/loop.md'))
    await symlink('nowhere.md', join(folder, 'root/dangling.md'))
    const found = await find(join(folder, 'root'))
    expect(readable(found)).toEqual(['a.md', 'inside.md'])
    expect(found.flatMap(({ name, error }) => (error ? [[name, error.code]] : []))).toEqual([
      ['dangling.md', 'SOURCE_UNREADABLE'],
      ['loop.md', 'SOURCE_UNREADABLE'],
    ])
    await symlink('root', join(folder, 'link'))
    expect(readable(await find(join(folder, 'link')))).toEqual(['a.md', 'inside.md'])
  })

  it('reports a folder that cannot be read and goes on', async () => {
    await put('a.md', 'b/x.md', 'c.md')
    const seen: FoundSource[] = []
    for await (const found of findSources(folder)) {
      seen.push(found)
      if (found.name === 'a.md') await rm(join(folder, 'b'), { recursive: true })
    }
    expect(seen.map(({ name, error }) => [name, error?.code])).toEqual([
      ['a.md', undefined],
      ['b', 'SOURCE_UNREADABLE'],
      ['c.md', undefined],
    ])
  })

  it('stops when it is cancelled', async () => {
    await put('a.md', 'b.md')
    const controller = new AbortController()
    const walk = findSources(folder, { signal: controller.signal })
    await walk.next()
    controller.abort()
    await expect(walk.next()).rejects.toMatchObject({ code: 'ABORTED' })
    await expect(readSource(join(folder, 'a.md'), { signal: controller.signal })).rejects.toMatchObject({
      code: 'ABORTED',
    })
  })
})

describe('reading a source', () => {
  it('gives its bytes under its name', async () => {
    await put('a/b.txt')
    const source = await readSource(join(folder, 'a/b.txt'), { name: 'a/b.txt' })
    expect(source.name).toBe('a/b.txt')
    expect(parseSource(source)[0]?.passages).toMatchObject([{ content: 'text of a/b.txt' }])
    expect((await readSource(join(folder, 'a/b.txt'))).name).toBe('b.txt')
  })

  it('refuses what is missing, a folder, or too large before reading it', async () => {
    await put('big.md')
    await truncate(join(folder, 'big.md'), 64 * 1024 * 1024 + 1)
    const refused = (name: string, message: RegExp) =>
      expect(readSource(join(folder, name))).rejects.toMatchObject({
        code: 'SOURCE_UNREADABLE',
        message: expect.stringMatching(message),
      })
    await refused('none.md', /none\.md does not exist/)
    await refused('', /not a regular file/)
    execFileSync('mkfifo', [join(folder, 'pipe.md')])
    await refused('pipe.md', /not a regular file/)
    expect((await find()).map(({ name, skipped }) => [name, skipped])).toContainEqual([
      'pipe.md',
      'not a regular file',
    ])
    await refused('big.md', /67108865 bytes.*64 MiB/)
  })

  it('takes text from elsewhere', () => {
    expect(parseSource(sourceFromText('stdin.md', '# A\n\nb'))[0]?.passages).toMatchObject([
      { label: 'A', content: 'b' },
    ])
  })
})
