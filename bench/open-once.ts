/** Opens a store, recalls once, and prints how long opening took and what the process holds. */
import { openHeirloom } from '../src/index.ts'

const [store = '', query = ''] = process.argv.slice(2)
const started = performance.now()
await using memory = await openHeirloom({ store, mode: 'existing' })
const open_ms = Math.round((performance.now() - started) * 10) / 10
await memory.recall({ query })
console.log(JSON.stringify({ open_ms, resident_mb: Math.round(process.memoryUsage.rss() / 1024 / 1024) }))
