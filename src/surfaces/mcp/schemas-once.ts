/**
 * Comes before whatever makes schemas: each is used a few times at most, so compiling it would cost more than it
 * saves.
 */
import { config } from 'zod'

config({ jitless: true })
