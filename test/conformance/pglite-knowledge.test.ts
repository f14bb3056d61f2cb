import { pglite } from '../kit/engines.ts'
import { conformsInKnowledge } from './all.ts'

conformsInKnowledge(pglite())
