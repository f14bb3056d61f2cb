import { serverPlaces } from '../../kit/places.ts'
import { rebuildCases } from './rebuild-cases.ts'

rebuildCases(serverPlaces(process.env.HEIRLOOM_TEST_POSTGRES ?? ''))
