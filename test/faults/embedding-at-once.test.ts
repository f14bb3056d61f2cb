/** Two processes that work off one queue with a provider that is slow: each text is sent to it once. */

import { writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { type Received, serveEmbeddings, sound } from '../kit/embedding-server.ts'
import { newStore } from '../surfaces/cli-process.ts'

/** More than one process takes at a time, so that there is something for the other. */
const TEXTS = 700

it('two processes send each text to the provider once, and leave none', async () => {
  const asked = new Map<string, number>()
  const askers = new Set<unknown>()
  let held: (() => void)[] | null = null
  await using server = await serveEmbeddings((response: ServerResponse, received: Received, count) => {
    for (const text of received.body.input) asked.set(text, (asked.get(text) ?? 0) + 1)
    const answer = () => sound(response, received, count)
    if (held === null) return answer()
    // So slow that both have asked before either has its first answer.
    held.push(answer)
    askers.add(response.socket?.remotePort)
    if (askers.size < 2) return
    const answers = held
    held = null
    for (const each of answers) each()
  })
  const { json, folder } = newStore()
  const passages = Array.from({ length: TEXTS }, (_, at) => `## Shelf ${at}\n\nIt holds bottle ${at}.\n`)
  writeFileSync(join(folder, 'stock.md'), passages.join('\n'))
  await json(['ingest', join(folder, 'stock.md')], { env: { HEIRLOOM_EMBEDDER: 'none' } })
  await json(['space', 'add', `http:${server.origin}/v1#tiny`, '--name', 'tiny'])
  asked.clear()
  held = []
  const done = await Promise.all([1, 2].map(() => json(['embed', '--drain'])))
  const embedded = done.map(answer => answer.embedded)
  expect(Math.min(...embedded)).toBeGreaterThan(0)
  expect(embedded[0] + embedded[1]).toBe(TEXTS)
  expect([...asked].filter(([, times]) => times !== 1)).toEqual([])
  expect(asked.size).toBe(TEXTS)
  const { spaces } = await json(['status'])
  expect(spaces[0].coverage).toMatchObject({ embedded: TEXTS, waiting: 0, set_aside: 0, is_counted: true })
})
