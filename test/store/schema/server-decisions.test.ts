import { serverPlaces } from '../../kit/places.ts'
import { decisionCases } from './decision-cases.ts'

decisionCases(serverPlaces(process.env.HEIRLOOM_TEST_POSTGRES ?? ''))
