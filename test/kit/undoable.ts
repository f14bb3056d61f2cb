/** Every change that answers with a receipt, each on a store that has what it needs. */
import { kept, port, type Undoable } from './undoable-case.ts'
import { UNDOABLE_KNOWLEDGE } from './undoable-knowledge.ts'

export const UNDOABLE: readonly Undoable[] = [
  {
    name: 'remember',
    prepare: async memory => () => memory.remember({ content: 'a heron', tags: ['birds'] }),
  },
  {
    name: 'remember in a project that is new',
    prepare: async memory => () => memory.remember({ content: 'a heron', project: 'apollo' }),
  },
  {
    name: 'remember a candidate',
    prepare: async memory => () => memory.remember({ content: 'x', candidate: true }),
  },
  {
    name: 'remember what is somebody else’s',
    prepare: async memory => () => memory.remember({ content: 'x', third_party: true }),
  },
  {
    name: 'remember what opens a conflict',
    prepare: async memory => {
      await memory.remember(port('1'))
      return () => memory.remember(port('2'))
    },
  },
  {
    name: 'remember what joins a conflict',
    prepare: async memory => {
      for (const value of ['1', '2']) await memory.remember(port(value))
      return () => memory.remember(port('3'))
    },
  },
  {
    name: 'remember what was proposed',
    prepare: async memory => {
      await memory.remember({ content: 'a heron', candidate: true })
      return () => memory.remember({ content: 'a heron' })
    },
  },
  {
    name: 'revise',
    prepare: async memory => {
      const id = await kept(memory, 'a heron', { tags: ['birds'], title: 'Birds' })
      return () => memory.revise({ id, content: 'two herons', tags: ['birds', 'pond'], clear: ['title'] })
    },
  },
  {
    name: 'revise into another project',
    prepare: async memory => {
      const id = await kept(memory, 'a heron', { project: 'apollo' })
      return () => memory.revise({ id, project: 'beta' })
    },
  },
  {
    name: 'revise what a link copied',
    prepare: async memory => {
      const [source, target] = [
        await kept(memory, 'a heron', { title: 'Birds' }),
        await kept(memory, 'a pond'),
      ]
      await memory.link({ target, type: 'derived_from', source })
      return () => memory.revise({ id: source, content: 'two herons', title: 'More birds' })
    },
  },
  {
    name: 'revise to quarantine',
    prepare: async memory => {
      const id = await kept(memory, 'a heron')
      return () => memory.revise({ id, third_party: true })
    },
  },
  {
    name: 'revise what ends a conflict',
    prepare: async memory => {
      await memory.remember(port('1'))
      const { id } = await memory.remember(port('2'))
      return () => memory.revise({ id, slot: 'gate / port = 1' as never })
    },
  },
  {
    name: 'promote',
    prepare: async memory => {
      const id = await kept(memory, 'a heron', { candidate: true })
      return () => memory.promote({ id })
    },
  },
  {
    name: 'promote out of quarantine',
    prepare: async memory => {
      const id = await kept(memory, 'a heron', { third_party: true })
      return () => memory.promote({ id })
    },
  },
  {
    name: 'promote into a conflict',
    prepare: async memory => {
      await memory.remember(port('1'))
      const { id } = await memory.remember({ ...port('2'), candidate: true })
      return () => memory.promote({ id })
    },
  },
  {
    name: 'reject',
    prepare: async memory => {
      const id = await kept(memory, 'a heron', { candidate: true })
      return () => memory.reject({ id })
    },
  },
  {
    name: 'review',
    prepare: async memory => {
      const ids = [
        await kept(memory, 'one', { candidate: true }),
        await kept(memory, 'two', { third_party: true }),
      ]
      const third = await kept(memory, 'three', { candidate: true })
      const decisions = [
        { id: ids[0], decision: 'promote', tags: ['optics'], note: 'seen' },
        { id: ids[1], decision: 'promote' },
        { id: third, decision: 'reject', note: 'no' },
      ]
      return () => memory.review({ decisions })
    },
  },
  {
    name: 'supersede by a text',
    prepare: async memory => {
      const id = await kept(memory, 'a heron', { slot: 'pond / birds = 1' })
      return () => memory.supersede({ id, content: 'two herons' })
    },
  },
  {
    name: 'supersede by a memory',
    prepare: async memory => {
      const [id, by] = [await kept(memory, 'a heron'), await kept(memory, 'two herons')]
      return () => memory.supersede({ id, by })
    },
  },
  {
    name: 'invalidate',
    prepare: async memory => {
      const id = await kept(memory, 'a heron')
      return () => memory.invalidate({ id })
    },
  },
  {
    name: 'forget',
    prepare: async memory => {
      const id = await kept(memory, 'a heron')
      return () => memory.forget({ id })
    },
  },
  {
    name: 'forget what ends a conflict',
    prepare: async memory => {
      await memory.remember(port('1'))
      const { id } = await memory.remember(port('2'))
      return () => memory.forget({ id })
    },
  },
  {
    name: 'restore what was superseded',
    prepare: async memory => {
      const id = await kept(memory, 'a heron')
      await memory.supersede({ id, content: 'two herons' })
      return () => memory.restore({ id })
    },
  },
  {
    name: 'restore into a conflict',
    prepare: async memory => {
      await memory.remember(port('1'))
      const { id } = await memory.remember({ ...port('2'), content: 'two' })
      await memory.forget({ id })
      return () => memory.restore({ id })
    },
  },
  {
    name: 'consolidate',
    prepare: async memory => {
      const from = [await kept(memory, 'a heron'), await kept(memory, 'a pond')]
      return () => memory.consolidate({ from, content: 'a heron at the pond' })
    },
  },
  {
    name: 'consolidate in the place of its sources',
    prepare: async memory => {
      const from = [await kept(memory, 'a heron'), await kept(memory, 'a pond')]
      return () => memory.consolidate({ from, content: 'a heron', supersede: true, project: 'apollo' })
    },
  },
  {
    name: 'link',
    prepare: async memory => {
      const [target, source] = [await kept(memory, 'a heron'), await kept(memory, 'a pond')]
      return () => memory.link({ target, type: 'derived_from', source })
    },
  },
  {
    name: 'unlink',
    prepare: async memory => {
      const [target, source] = [await kept(memory, 'a heron'), await kept(memory, 'a pond')]
      await memory.link({ target, type: 'derived_from', source })
      return () => memory.unlink({ target, type: 'derived_from', source })
    },
  },
  {
    name: 'share',
    prepare: async memory => {
      const id = await kept(memory, 'a heron')
      return () => memory.share({ id, to: 'project:apollo' })
    },
  },
  {
    name: 'project alias',
    prepare: async memory => {
      await kept(memory, 'a heron', { project: 'apollo' })
      return () => memory.project({ action: 'alias', name: 'apollo', alias: 'p04' })
    },
  },
  {
    name: 'project set',
    prepare: async memory => {
      await kept(memory, 'a heron', { project: 'apollo' })
      await memory.project({ action: 'set', name: 'apollo', read_slots: false })
      return () => memory.project({ action: 'set', name: 'apollo', review: 'agents', read_slots: true })
    },
  },
  {
    name: 'space add',
    prepare: async memory => () => memory.space_add({ provider: 'static', name: 'words' }),
  },
  {
    name: 'space default',
    prepare: async memory => {
      await memory.space_add({ provider: 'static', name: 'words' })
      return () => memory.space_default({ name: 'none' })
    },
  },
  {
    name: 'space drop',
    prepare: async memory => {
      await memory.space_add({ provider: 'static', name: 'words' })
      await memory.space_default({ name: 'none' })
      return () => memory.space_drop({ name: 'words' })
    },
  },
  ...UNDOABLE_KNOWLEDGE,
  {
    name: 'undo',
    prepare: async memory => {
      const { receipt } = await memory.remember({ content: 'a heron', project: 'apollo' })
      return () => memory.undo({ receipt: receipt ?? '' })
    },
  },
]
