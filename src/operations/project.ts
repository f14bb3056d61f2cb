import * as z from 'zod'
import { HeirloomError } from '../model/errors.ts'
import * as fields from './fields.ts'
import { claimFor, defineOperation, stampFor } from './operation.ts'

const input = z.object({
  action: z.enum(['list', 'alias']).describe('list the projects, or make an alias for one.'),
  name: fields.project.optional(),
  alias: fields.project.optional().describe('Another name that shall lead to the project.'),
  idempotency_key: fields.idempotencyKey.optional(),
})

const projectView = z.object({
  name: z.string(),
  aliases: z.array(z.string()),
  memories: z.int(),
  created_at: z.string(),
})

const output = z.object({ projects: z.array(projectView) })

export const project = defineOperation({
  name: 'project',
  summary: 'List projects with their aliases, or let another name lead to a project.',
  example: 'project alias apollo-backend apollo',
  effects: 'write',
  idempotent: true,
  scope: 'write',
  positional: ['action', 'name', 'alias'],
  opens: 'existing',
  input,
  output,
  run: async (input, context) => {
    const { action, name, alias } = input
    const { store, principal, signal } = context
    if (action === 'alias') {
      if (name === undefined || alias === undefined) {
        throw new HeirloomError(
          'INVALID_INPUT',
          'project alias: give the project and the alias, as in: project alias apollo-backend apollo',
        )
      }
      await store.write(principal, stampFor(context, 'project'), tx => tx.projects.alias(name, alias), {
        signal,
        idempotency: claimFor('project', input),
      })
    }
    const projects = await store.read(principal, tx => tx.projects.list(), signal)
    return { projects: projects.map(found => ({ ...found, aliases: [...found.aliases] })) }
  },
})
