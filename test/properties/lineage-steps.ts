/** The steps of a random history: what each must come to, by the rules and the model, and what it changes there. */
import fc from 'fast-check'
import { expect } from 'vitest'
import type { StoreBeneath } from '../kit/beneath.ts'
import type { LineageModel } from '../kit/lineage-model.ts'
import { ingest } from './lineage-reading.ts'

const TEXTS = ['red', 'blue', 'green', 'grey', 'black', 'white', 'brown'].map(colour => `heron ${colour}`)
const PROJECTS = ['lake', 'harbour', 'zoo'] as const

interface Section {
  readonly heading: string
  readonly text: string
}

export interface Command {
  readonly step: keyof typeof STEPS
  /** Which of the ids that were ever known. */
  readonly one: number
  readonly two: number
  readonly text: string
  readonly title: string | undefined
  readonly project: string
  readonly flag: boolean
  readonly sections: readonly Section[]
  readonly wait: number
}

export interface Step {
  /** The code of the error that it must end in; null where it must come through. */
  readonly refusal: string | null
  readonly call: () => Promise<unknown>
  readonly apply: (answer: unknown) => void
}

interface World {
  readonly store: StoreBeneath
  readonly model: LineageModel
  readonly erase: (id: string) => Promise<void>
}

export interface Situation extends World, Command {
  readonly id: string
  readonly other: string
}

const SECTION: fc.Arbitrary<Section> = fc.record({
  heading: fc.constantFrom('Setup', 'Usage', 'Trouble'),
  text: fc.constantFrom('The first lamp.', 'The second lamp.', 'A horn.', 'A bell.', 'The tide.'),
})

const STEPS = {
  remember,
  share,
  'share again': share,
  renew,
  consolidate,
  link,
  unlink,
  revise,
  supersede,
  succeed,
  restore,
  forget,
  erase,
  ingest,
}

const COMMON = ['remember', 'share', 'share', 'share', 'link', 'restore', 'revise', 'ingest'] as const

export const COMMAND: fc.Arbitrary<Command> = fc.record({
  step: fc.constantFrom(...(Object.keys(STEPS) as (keyof typeof STEPS)[]), ...COMMON),
  // Often one of the first few, so that much happens to the same ones.
  one: fc.oneof(fc.nat(3), fc.nat(30)),
  two: fc.nat(30),
  text: fc.constantFrom(...TEXTS),
  title: fc.constantFrom(undefined, undefined, 'Herons', 'Birds'),
  project: fc.constantFrom(...PROJECTS),
  flag: fc.boolean(),
  sections: fc.array(SECTION, { minLength: 1, maxLength: 4 }),
  wait: fc.constantFrom(0, 1, 1000),
})

export function stepFor(command: Command, world: World): Step {
  const { ids } = world.model
  const pick = (index: number) => ids[index % ids.length] ?? ''
  return STEPS[command.step]({ ...command, ...world, id: pick(command.one), other: pick(command.two) })
}

/** Why what must be active is not what it must be. */
function notActive(model: LineageModel, id: string): string | null {
  const status = model.statusOf(id)
  return status === undefined ? 'NOT_FOUND' : status === 'active' ? null : 'ILLEGAL_TRANSITION'
}

function remember({ store, model, text: content, title, project: name, flag }: Situation): Step {
  const project = flag ? name : null
  const said = { content, kind: 'note', project }
  const twin = model.twin(said)
  const given = { content, ...(title === undefined ? {} : { title }), ...(flag ? { project: name } : {}) }
  return {
    refusal: null,
    call: () => store.memory.remember(given),
    apply: answer => {
      const { id, outcome } = answer as { id: string; outcome: string }
      expect(outcome).toBe(twin === undefined ? 'remembered' : 'already_known')
      if (twin === undefined) model.add(id, { ...said, title: title ?? null })
      else expect(id).toBe(twin.id)
    },
  }
}

/** What was shared already, and where its copy is: to have several copies in one place, some must be shared often. */
function sharedBefore({ model, two, flag, id, project }: Situation): { id: string; project: string } {
  const edges = model.edges.filter(({ type }) => type === 'shared_from')
  const edge = flag ? edges[two % edges.length] : undefined
  if (edge === undefined) return { id, project }
  return { id: edge.source, project: model.memories.get(edge.target)?.project ?? project }
}

function share(situation: Situation): Step {
  const { store, model, step } = situation
  const { id, project } = sharedBefore(situation)
  const again = step === 'share again'
  const source = model.memories.get(id)
  const copy = source && { ...source, project, isPassage: false, earlier: [], successor: null }
  const known = again ? undefined : model.livingCopy(id, project)
  const isThere = source?.project === project || (!known && copy && model.twin(copy))
  return {
    refusal: notActive(model, id) ?? (isThere ? 'DUPLICATE' : null),
    call: () => store.memory.share({ id, to: `project:${project}`, again }),
    apply: answer => {
      const told = answer as { id: string; outcome: string }
      expect(told.outcome).toBe(known === undefined ? 'shared' : 'already_shared')
      if (known !== undefined) expect(told.id).toBe(known)
      else if (copy !== undefined) {
        model.add(told.id, copy)
        model.link(told.id, 'shared_from', id)
      }
    },
  }
}

/** Says something new and is shared again, to where it was shared before: then two copies live in one place. */
function renew(situation: Situation): Step {
  const { store, model, text } = situation
  const { id, project } = sharedBefore({ ...situation, flag: true })
  const content = `${text} ${model.ids.length}`
  const isThere = model.memories.get(id)?.project === project
  return {
    refusal: notActive(model, id) ?? (isThere ? 'DUPLICATE' : null),
    call: async () => {
      // Where it is not active, it is for the sharing to be refused.
      if (model.statusOf(id) === 'active') {
        await store.memory.revise({ id, content })
        model.revise(id, { content })
      }
      return store.memory.share({ id, to: `project:${project}`, again: true })
    },
    apply: answer => {
      const { id: copy } = answer as { id: string }
      model.add(copy, { ...model.at(id), project, isPassage: false, earlier: [], successor: null })
      model.link(copy, 'shared_from', id)
    },
  }
}

function consolidate({ store, model, id, other, text: content, flag }: Situation): Step {
  const from = [...new Set([id, other])].sort()
  const refused = from.map(one => notActive(model, one)).find(code => code !== null)
  const projects = new Set(from.map(one => model.memories.get(one)?.project ?? null))
  const said = { content, kind: 'note', project: projects.size === 1 ? ([...projects][0] ?? null) : null }
  const twin = model.twin(said, flag ? from : [])
  return {
    refusal: refused ?? (twin ? 'DUPLICATE' : null),
    call: () => store.memory.consolidate({ from, content, supersede: flag }),
    apply: answer => {
      const made = (answer as { id: string }).id
      model.add(made, said)
      for (const source of from) model.link(made, 'consolidated_from', source)
      for (const source of flag ? from : []) model.retire(source, 'superseded', made)
    },
  }
}

function link({ store, model, id, other }: Situation): Step {
  const isMissing = !(model.memories.has(id) && model.memories.has(other))
  return {
    refusal: id === other ? 'INVALID_INPUT' : isMissing ? 'NOT_FOUND' : null,
    call: () => store.memory.link({ target: id, type: 'derived_from', source: other }),
    apply: () => model.link(id, 'derived_from', other),
  }
}

/** One of those that are there, where any is, whether its source is still there or not. */
function unlink({ store, model, one, id, other }: Situation): Step {
  const derived = model.edges.filter(({ type }) => type === 'derived_from')
  const { target, source } = derived[one % derived.length] ?? { target: id, source: other }
  return {
    refusal: derived.length > 0 ? null : 'NOT_FOUND',
    call: () => store.memory.unlink({ target, type: 'derived_from', source }),
    apply: () => model.unlink(target, 'derived_from', source),
  }
}

function revise(situation: Situation): Step {
  const { store, model, text, title, project, one } = situation
  const { id } = sharedBefore(situation)
  const change = title !== undefined ? { title } : one % 3 === 0 ? { project } : { content: text }
  const known = model.memories.get(id)
  const twin = known && !known.isPassage && model.twin({ ...known, ...change }, [id])
  return {
    refusal: notActive(model, id) ?? (twin ? 'DUPLICATE' : null),
    call: () => store.memory.revise({ id, ...change }),
    apply: () => model.revise(id, change),
  }
}

function supersede({ store, model, id, text: content }: Situation): Step {
  const known = model.memories.get(id)
  const twin = known && model.twin({ ...known, content }, [id])
  return {
    refusal: notActive(model, id) ?? (twin ? 'DUPLICATE' : null),
    call: () => store.memory.supersede({ id, content }),
    apply: answer => {
      const by = (answer as { superseded_by: string }).superseded_by
      const { kind, project, title } = model.at(id)
      model.add(by, { kind, project, title, content })
      model.retire(id, 'superseded', by)
    },
  }
}

/** By one that is there already. */
function succeed({ store, model, id, other: by }: Situation): Step {
  const refused = model.memories.has(id) ? null : 'NOT_FOUND'
  const same = model.memories.has(by) && id === by ? 'INVALID_INPUT' : null
  return {
    refusal: refused ?? same ?? notActive(model, by) ?? notActive(model, id),
    call: () => store.memory.supersede({ id, by }),
    apply: () => model.retire(id, 'superseded', by),
  }
}

/** Out of what is not live, where anything is: most of what could be picked is. */
function restore({ store, model, one, id: any }: Situation): Step {
  const out = [...model.memories.values()].filter(({ status }) => status !== 'active')
  const known = out[one % out.length] ?? model.memories.get(any)
  const id = known?.id ?? any
  const twin = known && !known.isPassage && known.earlier.at(-1) === 'active' && model.twin(known)
  const refused = known === undefined ? 'NOT_FOUND' : known.status === 'active' ? 'ILLEGAL_TRANSITION' : null
  return {
    refusal: refused ?? (twin ? 'DUPLICATE' : null),
    call: () => store.memory.restore({ id }),
    apply: () => model.restore(id),
  }
}

function forget({ store, model, id }: Situation): Step {
  const status = model.statusOf(id)
  const refused = status === undefined ? 'NOT_FOUND' : status === 'retired' ? 'ILLEGAL_TRANSITION' : null
  return {
    refusal: refused,
    call: () => store.memory.forget({ id }),
    apply: () => model.retire(id, 'retired'),
  }
}

function erase({ model, id, erase: remove }: Situation): Step {
  return {
    refusal: model.memories.has(id) ? null : 'NOT_FOUND',
    call: () => remove(id),
    apply: () => model.erase(id),
  }
}
