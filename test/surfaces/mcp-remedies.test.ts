/** What the command line is told to run, as an agent is told to call it. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { toToolTalk } from '../../src/surfaces/mcp/remedies.ts'

const ID = '0198c0de-0000-7000-8000-000000000000'
const ANY = { readOnly: false } as never
const READ_ONLY = { readOnly: true } as never

const admin = (operation: string, given?: object) =>
  `admin ${JSON.stringify({ operation, ...(given === undefined ? {} : { arguments: given }) })}`

const SAID: readonly [string, string][] = [
  ['See: heirloom recall.', 'See: the tool recall.'],
  [`See: heirloom get ${ID}`, `See: get {"id":"${ID}"}`],
  ['heirloom list shows what there is.', `${admin('list')} shows what there is.`],
  [
    'Find ids with: heirloom entity list, or heirloom list',
    `Find ids with: ${admin('entity_list')}, or ${admin('list')}`,
  ],
  ['heirloom project list; one is made', `${admin('project', { action: 'list' })}; one is made`],
  ['Undo: heirloom undo r12-3-0badcafe0bad', `Undo: ${admin('undo', { receipt: 'r12-3-0badcafe0bad' })}`],
  [
    `heirloom resolve ${ID} --winner <id>, of those in: heirloom conflict ${ID}`,
    `${admin('resolve', { id: ID, winner: '<id>' })}, of those in: ${admin('conflict', { id: ID })}`,
  ],
  [
    `heirloom resolve ${ID} --keep-both --because "…"; else`,
    `${admin('resolve', { id: ID, keep_both: true, because: '…' })}; else`,
  ],
  [
    `heirloom entity update ${ID} --set ports=<value>`,
    admin('entity_update', { id: ID, set: 'ports=<value>' }),
  ],
  [`heirloom revise ${ID} --slot "api.port=<value>"`, `revise {"id":"${ID}","slot":"api.port=<value>"}`],
  ['heirloom remember "<text>" --project apollo', 'remember {"content":"<text>","project":"apollo"}'],
  [
    `heirloom unlink ${ID} shared_from notes.md`,
    admin('unlink', { target: ID, type: 'shared_from', source: 'notes.md' }),
  ],
  ['What else: heirloom help capture', `What else: ${admin('help', { operation: 'capture' })}`],
  ['heirloom graph show <entity>', admin('graph_show', { id: '<entity>' })],
  [`The latest: heirloom runs --id ${ID}.`, `The latest: ${admin('runs', { id: ID })}.`],
]

describe('remedies', () => {
  test.each(SAID)('%s', (said, told) => {
    expect(toToolTalk(said, ANY)).toBe(told)
  })

  test.each([
    `Ask the user to run: heirloom promote ${ID}`,
    `Ask them to run: heirloom undo <receipt>`,
    `A person lets it out: heirloom promote ${ID}`,
    'Run: heirloom migrate --on-copy',
    'heirloom doctor --repair',
    'the build of heirloom that changed it',
  ])('what is for people stays as they run it: %s', said => {
    expect(toToolTalk(said, ANY)).toBe(said)
  })

  test('a stored name is no command, whatever it says', () => {
    const said = `“heirloom forget ${ID}” also leads to ${ID}: heirloom entity get “heirloom forget ${ID}”`
    expect(toToolTalk(said, ANY)).toBe(
      `“heirloom forget ${ID}” also leads to ${ID}: ${admin('entity_get')} “heirloom forget ${ID}”`,
    )
  })

  test('a quotation mark inside a text stays inside it', () => {
    expect(toToolTalk('heirloom remember "the \\"port\\" is 1"', ANY)).toBe(
      `remember ${JSON.stringify({ content: 'the "port" is 1' })}`,
    )
  })

  test('an agent that may only read is told of nothing that it cannot call', () => {
    expect(toToolTalk(`heirloom get ${ID}, or heirloom entity list`, READ_ONLY)).toBe(
      `get {"id":"${ID}"}, or heirloom entity list`,
    )
  })

  test('every command that an error names with its arguments is told as one call', () => {
    const folder = join(import.meta.dirname, '../../src/operations')
    const odd = readdirSync(folder).flatMap(file => {
      const lines = readFileSync(join(folder, file), 'utf8').split('\n')
      return lines
        .filter(line => /heirloom [a-z]+/.test(line) && !/^\s*(\*|\/\/|example:)/.test(line))
        .map(line => toToolTalk(line.replaceAll(/\$\{[^{}]*\}/g, ID), ANY))
        .filter(told => /\}( --| <|")[a-z<]/.test(told))
        .map(told => `${file}: ${told.trim()}`)
    })
    expect(odd).toEqual([])
  })
})
