/** What the command line says of the index of vectors where there is none: recall finds the same, and it is told why. */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { newStore } from './cli-process.ts'

/** As on a machine for which the library has no build. */
const WITHOUT_LIBRARY = `import { registerHooks } from 'node:module'
  registerHooks({ resolve(name, context, next) {
    if (name === 'usearch') throw new Error('No native build was found')
    return next(name, context)
  } })`
const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(WITHOUT_LIBRARY)}`

const CAR = 'The car needs new tyres before the winter'

it('status says what is in the way of the index, and recall finds all the same', async () => {
  const { heirloom, store } = newStore()
  await heirloom(['remember', CAR])
  writeFileSync(`${store}.vectors`, 'not a folder')
  const { code, stdout, stderr } = await heirloom(['status'])
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(
    /^! The index of "heirloom-static-en": .*\.vectors is no folder.*: move it away\. .*heirloom embed --drain$/m,
  )
  expect((await heirloom(['recall', 'automobile maintenance'])).stdout).toContain(CAR)
  expect((await heirloom(['embed', '--drain'])).stdout).toMatch(/^! .*was not renewed\. .*move it away/m)
})

it('without the library of the index recall finds the same, and status says why it takes longer', async () => {
  const { heirloom, json, store, folder } = newStore()
  // More than an index is made from.
  const lines = Array.from(
    { length: 1200 },
    (_, at) => `## Shelf ${at}\n\nIt holds ${at * 7} bottles of juice.\n`,
  )
  writeFileSync(join(folder, 'stock.md'), `# Stock\n\n${lines.join('\n')}\n## Garage\n\n${CAR}.\n`)
  await heirloom(['ingest', join(folder, 'stock.md')], { env: { NODE_OPTIONS } })
  const query = ['recall', 'automobile maintenance', '--limit', '20']
  const ids = ({ results }: { results: readonly { id: string }[] }) => results.map(({ id }) => id)
  const env = { NODE_OPTIONS }
  const first = await json(['embed', '--drain'], { env })
  expect(first.spaces[0].index).toMatchObject({ indexed: null, tail: first.spaces[0].coverage.embedded })
  expect(first.spaces[0].coverage.embedded).toBeGreaterThan(1000)
  const without = ids(await json(query, { env }))
  const told = await heirloom(['status'], { env })
  expect([told.code, told.stderr]).toEqual([0, ''])
  expect(told.stdout).toMatch(
    /^! The index of "heirloom-static-en": usearch cannot be loaded on this machine: No native build was found\. Every vector is compared instead.*install it again: npm install heirloom$/m,
  )
  expect(existsSync(`${store}.vectors`)).toBe(false)
  // Another process with the library makes the index; whoever lacks it passes it over.
  expect((await json(['embed', '--drain'])).spaces[0].index).toMatchObject({ tail: 0, problem: null })
  expect((await heirloom(['status'])).stdout).not.toContain('The index of')
  expect(ids(await json(query, { env }))).toEqual(without)
  expect(ids(await json(query)).slice(0, 1)).toEqual(without.slice(0, 1))
  expect((await json(['get', without[0] ?? ''])).content).toContain(CAR)
})
