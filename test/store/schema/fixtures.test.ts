import { filePlaces, memoryPlaces, pglitePlaces } from '../../kit/places.ts'
import { fixtureCases } from './fixture-cases.ts'

fixtureCases(filePlaces())
fixtureCases(memoryPlaces)
fixtureCases(pglitePlaces())
