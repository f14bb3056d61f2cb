import * as z from 'zod'
import { HeirloomError } from '../model/errors.ts'
import { PREFERENCE_RANGES, PREFERENCES, type Preferences } from '../model/preferences.ts'
import type { ReadHandle } from '../store/store.ts'
import * as fields from './fields.ts'
import { knownProject } from './known-project.ts'
import { type Context, claimFor, defineOperation, stampFor } from './operation.ts'

type Name = keyof Preferences
type Value = Preferences[Name]

const NAMES = Object.keys(PREFERENCES) as [Name, ...Name[]]

const MEANINGS: Readonly<Record<Name, string>> = {
  interaction_days: 'Days that prompts, responses and packs are kept.',
  interaction_bytes: 'Bytes that are kept of a prompt, and of a response.',
  pin_tokens: 'Tokens that the pins of one project may take.',
  review: 'Whose writes wait for a person’s review, where the project says nothing: agents or none.',
  read_slots: 'Whether slots are read from simple sentences, where the project says nothing: true or false.',
}

const input = z.object({
  name: z.enum(NAMES).optional().describe('Only this one.'),
  value: z
    .union([z.string(), z.number(), z.boolean()])
    .transform(String)
    .optional()
    .describe('What it shall be; "default" is as usual.'),
  project: fields.project.optional().describe('What holds in this project.'),
  note: fields.note.optional(),
  idempotency_key: fields.idempotencyKey.optional(),
})

const setting = z.object({
  name: z.enum(NAMES),
  value: z.union([z.int(), z.string(), z.boolean()]),
  usual: z.union([z.int(), z.string(), z.boolean()]),
  from: z.enum(['usual', 'store', 'project']).describe('Who says so.'),
  meaning: z.string(),
})

const output = z.object({ settings: z.array(setting), receipt: fields.receiptOut })

type Input = z.output<typeof input>

export const settings = defineOperation({
  name: 'settings',
  summary: 'Show or set what the store as a whole asks for; projects may ask for something else.',
  example: 'settings interaction_days 90',
  effects: 'write',
  idempotent: true,
  scope: 'write',
  positional: ['name', 'value'],
  opens: 'existing',
  input,
  output,
  run: async (input, context) => {
    const { store, principal, signal } = context
    const change = changeFrom(input, context)
    let receipt: string | null = null
    if (change !== null) {
      const done = await store.change(
        principal,
        stampFor(context, 'settings', input.note),
        async tx => {
          await tx.preferences.set(change.name, change.value)
          return {}
        },
        { signal, idempotency: claimFor('settings', input) },
      )
      receipt = done.receipt
    }
    return store.read(principal, async tx => ({ settings: await shown(tx, input), receipt }), signal)
  },
})

/** Null where nothing is to be changed. @throws INVALID_INPUT or ACCESS_DENIED before any work. */
function changeFrom({ name, value, project }: Input, { principal }: Context) {
  if (value === undefined) return null
  if (name === undefined) throw invalid(`which one? There are: ${NAMES.join(', ')}`)
  if (project !== undefined)
    throw invalid(
      `this sets what holds for the whole store. For one project: heirloom project set ${project} --review …`,
    )
  const parsed = value === 'default' ? null : parse(name, value)
  if (principal.kind === 'person') return { name, value: parsed }
  throw new HeirloomError(
    'ACCESS_DENIED',
    `settings: what the store asks for is for a person to decide. Ask the user to run: heirloom settings ${name} ${value}`,
  )
}

function parse(name: Name, value: string): Value {
  switch (name) {
    case 'review':
      if (value === 'agents' || value === 'none') return value
      throw invalid('review is agents or none')
    case 'read_slots':
      if (value === 'true' || value === 'false') return value === 'true'
      throw invalid('read_slots is true or false')
    default: {
      const [least, most] = PREFERENCE_RANGES[name]
      const number = Number(value)
      if (/^\d+$/.test(value.trim()) && number >= least && number <= most) return number
      throw invalid(`${name} is a whole number from ${least} to ${most}`)
    }
  }
}

function invalid(why: string): HeirloomError {
  return new HeirloomError('INVALID_INPUT', `settings: ${why}.`)
}

async function shown(tx: ReadHandle, { name, project }: Input): Promise<z.infer<typeof setting>[]> {
  const stores = await tx.preferences.all()
  const own =
    project === undefined ? {} : await tx.projects.ownSettings((await knownProject(tx, project)).project)
  return NAMES.filter(one => name === undefined || one === name).map(name => {
    const usual = PREFERENCES[name]
    const about = { name, usual, meaning: MEANINGS[name] }
    const projects = (own as Partial<Preferences>)[name]
    if (projects !== undefined) return { ...about, value: projects, from: 'project' }
    const store = stores[name]
    return store === undefined
      ? { ...about, value: usual, from: 'usual' }
      : { ...about, value: store, from: 'store' }
  })
}
