import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
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
