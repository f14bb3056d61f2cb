/** What memtomem's links are as ours, whose sentence is "target TYPE source". */
import type { LinkReading } from './foreign-store.ts'

/** A summary is what memtomem calls the source, and what it sums up the target: its source went into it. */
export const MEMTOMEM_LINKS: LinkReading = ({ type, target, source }) => {
  switch (type) {
    case 'shared':
      return { type: 'shared_from', target, source }
    case 'summarizes':
      return source === null ? null : { type: 'summarizes', target: source, source: target }
    default:
      return null
  }
}
