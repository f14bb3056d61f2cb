import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import { openHeirloom } from '../src/index.ts'
import { runNode } from './kit/run-node.ts'

const ROOT = join(import.meta.dirname, '..')

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')

test('the library example runs and prints what README says', async () => {
  const { code, stdout, stderr } = await runNode(['examples/library.ts'], { HEIRLOOM_STORE: 'memory:' })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(read('README.md')).toContain(`\`\`\`console\n${stdout}\`\`\``)
})

test('README shows the library example as it is', () => {
  const [, shown] = /<!-- examples\/library\.ts -->\n```ts\n([\s\S]*?)```/.exec(read('README.md')) ?? []
  expect(shown).toBe(read('examples/library.ts'))
})

test('the example of a server gives vectors while it runs, and recall goes by words once it does not', async () => {
  const server = spawn(process.execPath, [join(ROOT, 'examples', 'embedding-server.ts'), '0'])
  try {
    const [line] = (await once(createInterface(server.stdout), 'line')) as [string]
    const embedder = `${line.replace('Answers at ', '')}#letters`
    await using memory = await openHeirloom({ store: 'memory:', actor: 'person', embedder })
    await memory.remember({ content: 'Jonas inspects the lifejackets every spring' })
    await memory.embed({ drain: true })
    const misspelt = await memory.recall({ query: 'lifejaket inspektion' })
    expect(misspelt).toMatchObject({ results: [{ legs: { keyword: null, dense: 1 } }], notices: [] })
    server.kill()
    await once(server, 'close')
    const { results, notices } = await memory.recall({ query: 'every spring' })
    expect(results).toHaveLength(1)
    expect(notices[0]).toContain('Recall goes by words alone: The embedder at 127.0.0.1')
  } finally {
    server.kill()
  }
})

test.each(pages())('%s links to files that are there', page => {
  const links = [...read(page).matchAll(/\]\((?!https?:)([^)#\s]+)/g)].map(([, target = '']) => target)
  const missing = links.filter(target => !existsSync(join(ROOT, dirname(page), target)))
  expect(missing).toEqual([])
})

function pages(): string[] {
  const docs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
  const found = docs.filter(name => name.endsWith('.md')).map(name => join('docs', name))
  return ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...found]
}
