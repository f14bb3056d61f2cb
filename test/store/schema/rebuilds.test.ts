import { IS_THOROUGH } from '../../kit/engines.ts'
import { filePlaces, memoryPlaces, pglitePlaces } from '../../kit/places.ts'
import { rebuildCases } from './rebuild-cases.ts'

rebuildCases(filePlaces())
rebuildCases(memoryPlaces)
if (IS_THOROUGH) rebuildCases(pglitePlaces())
