import { serverPlaces } from '../../kit/places.ts'
import { badInputCases } from './bad-input-cases.ts'

badInputCases(serverPlaces(process.env.HEIRLOOM_TEST_POSTGRES ?? ''))
