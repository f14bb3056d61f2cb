import { filePlaces, memoryPlaces, pglitePlaces } from '../../kit/places.ts'
import { rebuildCases } from './rebuild-cases.ts'

rebuildCases(filePlaces())
rebuildCases(memoryPlaces)
rebuildCases(pglitePlaces())
