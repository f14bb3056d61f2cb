/** Into which stores a snapshot is restored without being told to replace what they hold, as far as spaces count. */
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../kit/engines.ts'
import { writeModel } from '../../kit/models.ts'
import { open, type Subject } from './kit.ts'

const folder = temporaryFolder()
const dir = join(folder, 'snapshots')
const CAR = 'The car needs new tyres before the winter'

const person = { actor: 'person' } as const
const withModel = { ...person, embedder: 'static' } as const
const provider = `model2vec:${writeModel(join(folder, 'small'))}`

async function taken(): Promise<{
  readonly id: string
  readonly digest: Awaited<ReturnType<Subject['digest']>>
}> {
  await using source = await open(withModel)
  await source.memory.remember({ content: CAR })
  await source.memory.embed({ drain: true })
  const { id } = await source.snapshot(dir)
  return { id, digest: await source.digest() }
}

const snapshot = taken()

describe('a snapshot is restored without replacing', () => {
  it('into a store that was only opened, with the space that it got by that', async () => {
    const { id, digest } = await snapshot
    await using target = await open(withModel)
    expect((await target.memory.journal({})).entries).toHaveLength(1)
    await target.restore({ folder: dir, id })
    expect(await target.digest()).toEqual(digest)
    const { spaces } = await target.memory.space_list({})
    expect(spaces).toMatchObject([{ name: 'heirloom-static-en', coverage: { embedded: 1, waiting: 0 } }])
  })

  it('into a store that was opened without a model', async () => {
    const { id, digest } = await snapshot
    await using target = await open(person)
    await target.restore({ folder: dir, id })
    expect(await target.digest()).toEqual(digest)
  })
})

describe('a snapshot replaces only when told to', () => {
  const decisions: readonly [string, typeof person, (target: Subject) => Promise<unknown>, RegExp][] = [
    ['added a space', person, ({ memory }) => memory.space_add({ provider, name: 'small' }), /1 journal/],
    [
      'added a space beside the first one',
      withModel,
      ({ memory }) => memory.space_add({ provider, name: 'small' }),
      /1 journal/,
    ],
    ['chose words alone', withModel, ({ memory }) => memory.space_default({ name: 'none' }), /1 journal/],
    [
      'dropped the first space',
      withModel,
      async ({ memory }) => {
        await memory.space_default({ name: 'none' })
        await memory.space_drop({ name: 'heirloom-static-en' })
      },
      /2 journal/,
    ],
    [
      'remembered something',
      withModel,
      ({ memory }) => memory.remember({ content: 'x' }),
      /1 memories, 1 journal/,
    ],
  ]
  for (const [what, options, decide, told] of decisions) {
    it(`what is in a store where a person ${what}`, async () => {
      const { id, digest } = await snapshot
      await using target = await open(options)
      await decide(target)
      const before = await target.digest()
      await expect(target.restore({ folder: dir, id })).rejects.toMatchObject({
        code: 'CONFLICT',
        message: expect.stringMatching(told),
      })
      expect(await target.digest()).toEqual(before)
      await target.restore({ folder: dir, id, replace: true })
      expect(await target.digest()).toEqual(digest)
      expect((await target.memory.space_list({})).spaces).toMatchObject([{ name: 'heirloom-static-en' }])
    })
  }
})
