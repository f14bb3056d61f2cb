import { pglite } from '../kit/engines.ts'
import { conforms } from './all.ts'

conforms(pglite())
