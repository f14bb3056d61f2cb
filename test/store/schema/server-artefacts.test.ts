import { serverPlaces } from '../../kit/places.ts'
import { artefactCases } from './artefact-cases.ts'

artefactCases(serverPlaces(process.env.HEIRLOOM_TEST_POSTGRES ?? ''))
