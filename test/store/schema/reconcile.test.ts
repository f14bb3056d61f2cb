import { IS_THOROUGH } from '../../kit/engines.ts'
import { filePlaces, memoryPlaces, pglitePlaces } from '../../kit/places.ts'
import { reconcileCases } from './reconcile-cases.ts'

reconcileCases(filePlaces())
reconcileCases(memoryPlaces)
if (IS_THOROUGH) reconcileCases(pglitePlaces())
