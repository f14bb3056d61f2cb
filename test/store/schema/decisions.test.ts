import { filePlaces, memoryPlaces, pglitePlaces } from '../../kit/places.ts'
import { decisionCases } from './decision-cases.ts'

decisionCases(filePlaces())
decisionCases(memoryPlaces)
decisionCases(pglitePlaces())
