/**
 * Opens a store, recalls what is asked, and prints how long opening took and what the process holds. Of the build, where
 * there is one: reading the sources takes some 50 MB by itself.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const root = join(import.meta.dirname, '..')
const built = join(root, 'dist/index.js')
const library = existsSync(built) ? built : join(root, 'src/index.ts')
const { openHeirloom } = (await import(pathToFileURL(library).href)) as typeof import('../src/index.ts')

const [store = '', ...queries] = process.argv.slice(2)
const started = performance.now()
await using memory = await openHeirloom({ store, mode: 'existing' })
const open_ms = Math.round((performance.now() - started) * 10) / 10
for (const query of queries) await memory.recall({ query })
console.log(JSON.stringify({ open_ms, resident_mb: Math.round(process.memoryUsage.rss() / 1024 / 1024) }))
