import { expect, it } from 'vitest'
import { measureNoise, noiseOf } from '../../src/embedding/noise.ts'
import { openEmbedder } from '../../src/embedding/open.ts'
import { SHIPPED_NOISE } from '../../src/embedding/shipped.ts'

const around = { environment: {}, random: () => 0.5, pause: async () => undefined }

it('of the shipped model is what it is said to be, and keeps unrelated texts from related ones', async () => {
  await using embedder = await openEmbedder({ provider: 'static' }, around)
  expect(await measureNoise(embedder)).toBeCloseTo(SHIPPED_NOISE, 3)
  expect(await noiseOf(embedder)).toBe(SHIPPED_NOISE)
  const [query] = await embedder.embed(['automobile maintenance'], 'query')
  const texts = ['The car needs new tyres before the winter', 'Grace prefers tabs over spaces']
  const [near, far] = (await embedder.embed(texts, 'document')).map(text =>
    text!.reduce((sum, number, at) => sum + number * query![at]!, 0),
  )
  expect(near).toBeGreaterThan(SHIPPED_NOISE)
  expect(far).toBeLessThan(SHIPPED_NOISE)
})
