import { pglite } from '../kit/engines.ts'
import { conformsInMemories } from './all.ts'

conformsInMemories(pglite())
