import type { RelationshipType } from '../model/relationship.ts'
import { along, asks, questionInput } from './graph-question.ts'
import { graphView } from './graph-view.ts'
import type { Way } from './graph-walk.ts'
import { defineOperation } from './operation.ts'

/** What needs the target of such a relationship. */
const USES: readonly RelationshipType[] = [
  'contains',
  'depends_on',
  'based_on_assumption',
  'constrained_by',
  'affected_by_decision',
]

/** What has or needs an entity needs, through it, also what that is made of; its neighbours do not. */
const FARTHER: readonly Way[] = [{ side: 'target', types: ['contains', 'depends_on'] }]

const FIRST: readonly Way[] = [
  { side: 'target', types: USES },
  { side: 'target', types: ['interfaces_with'] },
  { side: 'source', types: ['interfaces_with'] },
]

export const graphUsage = defineOperation({
  name: 'graph_usage',
  summary:
    'Show where an entity is used: what contains it, depends on it, interfaces with it or rests on it.',
  example: 'graph usage "Gigabit switch" --depth 3',
  effects: 'read',
  idempotent: true,
  scope: 'read',
  positional: ['id'],
  opens: 'existing',
  input: questionInput,
  output: graphView,
  run: asks(along(distance => (distance === 0 ? FIRST : FARTHER))),
})
