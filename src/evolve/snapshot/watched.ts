import type { Surroundings } from '../surroundings.ts'

/** How a caller follows long work and ends it early. */
export type Watched = Pick<Surroundings, 'signal' | 'progress'>
