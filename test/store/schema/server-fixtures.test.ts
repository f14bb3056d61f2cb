import { serverPlaces } from '../../kit/places.ts'
import { fixtureCases } from './fixture-cases.ts'

fixtureCases(serverPlaces(process.env.HEIRLOOM_TEST_POSTGRES ?? ''))
