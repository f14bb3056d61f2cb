/** Chance that can be repeated: HEIRLOOM_TEST_SEED gives the same again. */
export const SEED = Number(process.env.HEIRLOOM_TEST_SEED ?? Date.now() % 1_000_000)

/** Numbers from 0 to 1, the same for one seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
