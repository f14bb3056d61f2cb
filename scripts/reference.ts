/**
 * Writes docs/reference/ from the code: operations, errors and both schemas.
 *
 *   npm run reference              writes what is stale
 *   npm run reference -- --check   writes nothing; exits with 1 and names the files that are stale
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { toErrorsPage } from './reference/errors.ts'
import { toOperationsPage } from './reference/operations.ts'
import { toSchemaScript } from './reference/schema.ts'

const ROOT = join(import.meta.dirname, '..')
const FOLDER = join('docs', 'reference')

const PAGES: Readonly<Record<string, () => string>> = {
  'operations.md': toOperationsPage,
  'errors.md': toErrorsPage,
  'schema.sqlite.sql': () => toSchemaScript('sqlite'),
  'schema.postgres.sql': () => toSchemaScript('postgres'),
}

const { values } = parseArgs({ options: { check: { type: 'boolean' } } })
const stale = Object.entries(PAGES)
  .map(([name, make]) => ({ path: join(FOLDER, name), text: make() }))
  .filter(({ path, text }) => stored(path) !== text)

if (values.check) {
  for (const { path } of stale) console.error(`${path} is stale. Run: npm run reference`)
  if (stale.length > 0) process.exitCode = 1
} else {
  mkdirSync(join(ROOT, FOLDER), { recursive: true })
  for (const { path, text } of stale) {
    writeFileSync(join(ROOT, path), text)
    console.log(`wrote ${path}`)
  }
  if (stale.length === 0) console.log('docs/reference is up to date')
}

function stored(path: string): string | null {
  try {
    return readFileSync(join(ROOT, path), 'utf8')
  } catch {
    return null
  }
}
