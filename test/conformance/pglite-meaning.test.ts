import { pglite } from '../kit/engines.ts'
import { conformsInMeaning } from './all.ts'

conformsInMeaning(pglite())
