import { filePlaces, memoryPlaces, pglitePlaces } from '../../kit/places.ts'
import { reconcileCases } from './reconcile-cases.ts'

reconcileCases(filePlaces())
reconcileCases(memoryPlaces)
reconcileCases(pglitePlaces())
