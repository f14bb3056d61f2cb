/** Embeds all that a store holds, as opening does where there was no space: `node embed-child.ts <store>`. */
import { openHeirloom } from '../../src/heirloom.ts'

const [store = ''] = process.argv.slice(2)
const memory = await openHeirloom({ store, actor: 'person', embedder: 'static' })
await memory.remember({ content: 'The ferry leaves at noon' })
await memory.embed({ drain: true })
await memory.close()
