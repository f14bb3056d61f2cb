import * as z from 'zod'
import { HeirloomError } from '../model/errors.ts'
import { LINK_TYPES, type LinkType, mustBeLinkType } from '../model/link.ts'
import type { FanOutPlace } from '../store/links.ts'
import { mustReadCursor, toCursor } from './cursor.ts'
import * as fields from './fields.ts'
import { linkType } from './link.ts'
import { linkView, mustFindNode, nodeView, toLinkView } from './link-view.ts'
import { defineOperation } from './operation.ts'

/** Sources that are shown; the fan-out comes in pages. */
const SOURCES = 1000

const MORE_SOURCES = `It came from more than the ${SOURCES} memories that are shown. lineage --depth 1 shows more of them.`

const input = z.object({
  id: fields.id,
  type: linkType.optional().describe(`Only what came of it by links of this type: ${LINK_TYPES.join(', ')}.`),
  limit: fields.limit.default(20),
  cursor: fields.cursor.optional(),
})

export const links = defineOperation({
  name: 'links',
  summary: 'Show what a memory came from, and, a page at a time, what came of it.',
  example: 'links 0198c0de-0000-7000-8000-000000000000 --limit 50',
  effects: 'read',
  idempotent: true,
  scope: 'read',
  positional: ['id'],
  opens: 'existing',
  input,
  output: z.object({
    ...nodeView.shape,
    sources: z.array(linkView).describe('What it came from.'),
    fan_out: z.array(linkView).describe('What came of it.'),
    cursor: z.string().nullable(),
    truncated: z.boolean(),
    notices: z.array(z.string()),
  }),
  run: ({ id, limit, cursor, ...input }, { store, principal, signal }) => {
    const asked = input.type === undefined ? undefined : mustBeLinkType(input.type)
    return store.read(
      principal,
      async tx => {
        const node = await mustFindNode(tx, id, principal)
        const signing = {
          secret: await tx.settings.cursorSecret(),
          principal,
          operation: `links ${id}`,
        }
        // A cursor goes on with the type that its page was asked for.
        const { of: type, after } =
          cursor === undefined ? { of: asked, after: null } : toPlace(mustReadCursor(cursor, signing))
        if (cursor !== undefined) mustFit(asked, type)
        const sources = await tx.links.toTargets([id], SOURCES)
        const found = await tx.links.fanOut(id, { type, limit: limit + 1, after })
        const page = found.slice(0, limit)
        const ends = [...sources.map(link => link.source_ref), ...page.map(link => link.target_id)]
        const about = { linked: await tx.links.linked(ends), principal }
        const last = page.at(-1)
        const truncated = found.length > limit
        return {
          ...node,
          sources: sources.map(link => toLinkView(link, 'source', about)),
          fan_out: page.map(link => toLinkView(link, 'target', about)),
          cursor:
            truncated && last ? toCursor(`${type ?? ''} ${last.type} ${last.target_id}`, signing) : null,
          truncated: truncated || sources.length === SOURCES,
          notices: sources.length === SOURCES ? [MORE_SOURCES] : [],
        }
      },
      signal,
    )
  },
})

/** Without the type the cursor goes on with its own; another type would begin in the middle of something else. */
function mustFit(asked: LinkType | undefined, of: LinkType | undefined): void {
  if (asked === undefined || asked === of) return
  throw new HeirloomError(
    'INVALID_INPUT',
    `links: this cursor is of a page of ${of === undefined ? 'all links' : `links ${of}`}. Give it with the same type, or begin without a cursor.`,
  )
}

function toPlace(position: string): { of: LinkType | undefined; after: FanOutPlace } {
  const [of = '', type = '', target_id = ''] = position.split(' ')
  return { of: of === '' ? undefined : mustBeLinkType(of), after: { type, target_id } }
}
