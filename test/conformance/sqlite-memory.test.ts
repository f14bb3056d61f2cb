import { sqliteMemory } from '../kit/engines.ts'
import { conforms } from './all.ts'

conforms(sqliteMemory)
