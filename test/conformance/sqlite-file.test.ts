import { sqliteFile } from '../kit/engines.ts'
import { conforms } from './all.ts'

conforms(sqliteFile())
