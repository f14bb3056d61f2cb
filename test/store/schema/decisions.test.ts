import { IS_THOROUGH } from '../../kit/engines.ts'
import { filePlaces, memoryPlaces, pglitePlaces } from '../../kit/places.ts'
import { decisionCases } from './decision-cases.ts'

decisionCases(filePlaces())
decisionCases(memoryPlaces)
if (IS_THOROUGH) decisionCases(pglitePlaces())
