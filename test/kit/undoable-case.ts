/** A change that can be taken back, and what such cases begin with. */
import type { Heirloom } from '../../src/heirloom.ts'
import type { FixedClock } from '../../src/testing.ts'

export interface Undoable {
  readonly name: string
  /** Makes what it needs, and gives the change. */
  readonly prepare: (
    memory: Heirloom,
    clock: FixedClock,
  ) => Promise<() => Promise<{ receipt: string | null }>>
}

export const port = (value: string) => ({
  content: `the gate listens on ${value}`,
  slot: `gate / port = ${value}` as never,
})

export async function kept(memory: Heirloom, content: string, also: object = {}): Promise<string> {
  return (await memory.remember({ content, ...also })).id
}
