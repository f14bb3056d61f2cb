/** How well a memory is remembered, as every surface shows it. */
import * as z from 'zod'
import type { Strength } from '../model/strength.ts'

export const strengthView = z.object({
  due: z.string().describe('When it would be recalled only nine times in ten.'),
  stability: z.number().describe('Days from a review until then.'),
  retrievability: z.number().describe('How likely it is recalled now, from 0 to 1.'),
  reviews: z.int(),
})

export async function toStrengthView(strength: Strength, now: string): Promise<z.infer<typeof strengthView>> {
  const { retrievability } = await import('../model/strength.ts')
  const { due, stability, reps } = strength
  return { due, stability, retrievability: retrievability(strength, now), reviews: reps }
}
