import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HeirloomError } from '../../src/model/errors.ts'
import {
  END_KINDS,
  endsAllowed,
  FAMILIES,
  familyOf,
  inverseOf,
  isSymmetric,
  mayReferToItself,
  mustBeEnd,
  mustBeRelationshipType,
  normalised,
  RELATIONSHIP_TYPES,
  type RelationshipType,
} from '../../src/model/relationship.ts'

const TYPES = Object.keys(RELATIONSHIP_TYPES) as RelationshipType[]

const anyType = fc.constantFrom(...TYPES)
const anyEnd = fc.record({ kind: fc.constantFrom(...END_KINDS), id: fc.string({ maxLength: 3 }) })
const anyStatement = fc.record({ type: anyType, source: anyEnd, target: anyEnd })

function refusal(run: () => unknown): HeirloomError {
  try {
    run()
  } catch (error) {
    if (error instanceof HeirloomError) return error
  }
  throw new Error('It was not refused by a HeirloomError.')
}

describe('types', () => {
  test('are these seventeen, in four families', () => {
    const families = FAMILIES.map(family => [family, TYPES.filter(type => familyOf(type) === family)])
    expect(Object.fromEntries(families)).toEqual({
      structural: ['contains', 'part_of', 'interfaces_with'],
      intent: ['satisfies', 'constrained_by', 'affected_by_decision', 'based_on_assumption', 'supersedes'],
      validation: ['analyzed_by', 'validated_by', 'supports', 'conflicts_with', 'depends_on'],
      provenance: ['described_by', 'updated_by_session', 'evidenced_by', 'summarized_in'],
    })
    expect(TYPES).toHaveLength(17)
  })

  test('are taken as they are written', () => {
    for (const type of TYPES) expect(mustBeRelationshipType(type)).toBe(type)
  })

  test('an unknown one is refused with all that there are', () => {
    const error = refusal(() => mustBeRelationshipType('likes'))
    expect(error.code).toBe('INVALID_INPUT')
    expect(error.message).toBe(
      'There is no type of relationship "likes". The types are ' +
        'structural: contains, part_of, interfaces_with; ' +
        'intent: satisfies, constrained_by, affected_by_decision, based_on_assumption, supersedes; ' +
        'validation: analyzed_by, validated_by, supports, conflicts_with, depends_on; ' +
        'provenance: described_by, updated_by_session, evidenced_by, summarized_in.',
    )
  })

  test.each([
    ['depend_on', 'depends_on'],
    ['dependsOn', 'depends_on'],
    ['depends', 'depends_on'],
    ['part of', 'part_of'],
    ['PART-OF', 'part_of'],
    ['Contains', 'contains'],
    ['analysed_by', 'analyzed_by'],
    ['suports', 'supports'],
    ['affected', 'affected_by_decision'],
  ])('for %j the refusal suggests %s', (type, meant) => {
    expect(refusal(() => mustBeRelationshipType(type)).message).toContain(`Did you mean ${meant}?`)
  })

  test.each(['', ' ', 'by', 'likes', 'toString', '__proto__', 'constructor', 'x'.repeat(70_000)])(
    'for %j nothing is suggested',
    type => {
      const error = refusal(() => mustBeRelationshipType(type))
      expect(error.message).not.toContain('Did you mean')
    },
  )

  test('a slip of one or two letters leads back to its type', () => {
    fc.assert(
      fc.property(anyType, fc.nat(), fc.constantFrom('', 'x', 'q_'), (type, place, letters) => {
        const at = place % type.length
        const slip = type.slice(0, at) + letters + type.slice(at + 1)
        fc.pre(!TYPES.includes(slip as RelationshipType))
        expect(refusal(() => mustBeRelationshipType(slip)).message).toContain(`Did you mean ${type}?`)
      }),
    )
  })

  test('which are symmetric, inverse, reflexive', () => {
    expect(TYPES.filter(isSymmetric)).toEqual(['interfaces_with', 'conflicts_with'])
    expect(TYPES.filter(mayReferToItself)).toEqual(['interfaces_with'])
    expect(TYPES.filter(type => inverseOf(type) !== null)).toEqual(['contains', 'part_of'])
    expect(inverseOf('contains')).toBe('part_of')
    expect(inverseOf('part_of')).toBe('contains')
  })
})

describe('ends', () => {
  test('are entities, and in the provenance family anything that can be evidence', () => {
    for (const type of TYPES) {
      const wide = familyOf(type) === 'provenance'
      expect(endsAllowed(type)).toEqual(wide ? ['entity', 'memory', 'document', 'session'] : ['entity'])
      for (const kind of END_KINDS) {
        if (endsAllowed(type).includes(kind)) expect(mustBeEnd(type, 'source', kind)).toBe(kind)
        else expect(refusal(() => mustBeEnd(type, 'target', kind)).code).toBe('INVALID_INPUT')
      }
    }
  })

  test('a refusal names the side, the type, the kind and what is allowed', () => {
    expect(refusal(() => mustBeEnd('contains', 'target', 'memory')).message).toBe(
      'The target of contains cannot be of the kind "memory". Allowed there: entity.',
    )
    expect(refusal(() => mustBeEnd('described_by', 'source', 'file')).message).toBe(
      'The source of described_by cannot be of the kind "file". ' +
        'Allowed there: entity, memory, document, session.',
    )
  })
})

describe('normalised', () => {
  const a = { kind: 'entity', id: 'a' }
  const b = { kind: 'entity', id: 'b' }

  test.each([
    [
      { type: 'part_of', source: b, target: a },
      { type: 'contains', source: a, target: b },
    ],
    [
      { type: 'contains', source: b, target: a },
      { type: 'contains', source: b, target: a },
    ],
    [
      { type: 'interfaces_with', source: b, target: a },
      { type: 'interfaces_with', source: a, target: b },
    ],
    [
      { type: 'interfaces_with', source: a, target: a },
      { type: 'interfaces_with', source: a, target: a },
    ],
    [
      { type: 'conflicts_with', source: a, target: b },
      { type: 'conflicts_with', source: a, target: b },
    ],
    [
      { type: 'depends_on', source: b, target: a },
      { type: 'depends_on', source: b, target: a },
    ],
  ] as const)('%j is stated as %j', (said, stated) => {
    expect(normalised(said)).toEqual(stated)
  })

  test('what says the same becomes one, and nothing else does', () => {
    fc.assert(
      fc.property(anyStatement, statement => {
        const { type, source, target } = statement
        fc.pre(source.id !== target.id)
        const stated = normalised(statement)
        expect(normalised(stated)).toEqual(stated)
        const turned = normalised({ type, source: target, target: source })
        if (isSymmetric(type)) expect(turned).toEqual(stated)
        else expect(turned).not.toEqual(stated)
        const inverse = inverseOf(type)
        if (inverse !== null) {
          expect(normalised({ type: inverse, source: target, target: source })).toEqual(stated)
        }
      }),
    )
  })
})
