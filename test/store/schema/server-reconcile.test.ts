import { serverPlaces } from '../../kit/places.ts'
import { reconcileCases } from './reconcile-cases.ts'

reconcileCases(serverPlaces(process.env.HEIRLOOM_TEST_POSTGRES ?? ''))
