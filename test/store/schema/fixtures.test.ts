import { IS_THOROUGH } from '../../kit/engines.ts'
import { filePlaces, memoryPlaces, pglitePlaces } from '../../kit/places.ts'
import { fixtureCases } from './fixture-cases.ts'

fixtureCases(filePlaces())
fixtureCases(memoryPlaces)
if (IS_THOROUGH) fixtureCases(pglitePlaces())
