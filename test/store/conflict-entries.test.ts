import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Conflict, Member } from '../../src/model/conflict.ts'
import { beforeChange, conflictChange } from '../../src/store/conflict-entries.ts'

const MEMBERS = fc.uniqueArray(
  fc.record({ member_id: fc.constantFrom('a', 'b', 'c', 'd'), value: fc.constantFrom('1', '2') }),
  { selector: ({ member_id }) => member_id },
)

const CONFLICTS = fc
  .record({ version: fc.nat(3), note: fc.constantFrom(null, 'x'), members: MEMBERS })
  .map(({ members, ...rest }) => ({ id: 'c', ...rest, members }) as unknown as Conflict)

/** Members have no order of their own. */
const sorted = ({ members, ...rest }: Conflict) => ({
  ...rest,
  members: members.toSorted((a, b) => (a.member_id < b.member_id ? -1 : 1)),
})

it('a change that the journal keeps leads back from what came of it, and forth again', () => {
  fc.assert(
    fc.property(CONFLICTS, CONFLICTS, (before, after) => {
      const [was, is] = conflictChange(before, after)
      const told = { before: was!, after: is! }
      expect(sorted(beforeChange(after, told))).toEqual(sorted(before))
      expect(sorted(beforeChange(before, { before: is!, after: was! }))).toEqual(sorted(after))
    }),
  )
})

it('a change as older builds kept it leads back as well', () => {
  fc.assert(
    fc.property(CONFLICTS, CONFLICTS, (before, after) => {
      expect(beforeChange(after, { before, after })).toEqual(before)
    }),
  )
})

it('of a change only the members that are others by it are kept', () => {
  const member = (member_id: string, value = '1') => ({ member_id, value }) as unknown as Member
  const before = {
    id: 'c',
    version: 1,
    members: [member('a'), member('b'), member('c')],
  } as unknown as Conflict
  const after = { ...before, version: 2, members: [member('a'), member('b', '2'), member('d')] }
  expect(conflictChange(before, after)).toEqual([
    { version: 1, other_members: [member('b'), member('c')] },
    { version: 2, other_members: [member('b', '2'), member('d')] },
  ])
  expect(conflictChange(before, { ...before, version: 2 })).toEqual([{ version: 1 }, { version: 2 }])
  expect(conflictChange(null, after)).toEqual([null, after])
  expect(conflictChange(before, null)).toEqual([before, null])
})
