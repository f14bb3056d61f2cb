/**
 * The main job, in under a minute: read, remember, recall by words and by meaning, revise, look back, survive a crash,
 * and the same again on PostgreSQL. Everything that is shown is checked; what does not hold ends the demo with exit code 1.
 *
 *   npm run demo
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Heirloom, openHeirloom } from '../src/index.ts'
import { contradict, pack } from './demo/contradiction.ts'
import { countKept, killWriterAfter } from './demo/crash.ts'
import {
  type Answer,
  askAll,
  FACTS,
  originOf,
  PORT,
  QUESTIONS,
  readAll,
  reasonsOf,
  rememberAll,
} from './demo/knowledge.ts'
import { paraphrase } from './demo/meaning.ts'
import { claim, excerpt, failure, gap, question, row, step, title } from './demo/page.ts'
import { tamperedCopy } from './demo/tamper.ts'

const ACKNOWLEDGED = 300
const TAMPERED = 7

const folder = mkdtempSync(join(tmpdir(), 'heirloom-demo-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
process.once('SIGINT', () => process.exit(130))

const started = performance.now()
try {
  await show(join(folder, 'memory.db'))
} catch (error) {
  failure(error)
  process.exitCode = 1
}

async function show(file: string): Promise<void> {
  title('Heirloom: one memory for people and agents', `The store is ${file}; it is removed at the end.`)
  const memory = await openHeirloom({ store: file, actor: 'person', client: 'demo' })
  await read(memory)
  const [port, second] = await remember(memory)
  const answers = await ask(memory)
  await paraphrase(memory, file)
  await revise(memory, port!)
  await share(memory, second!)
  await contradict(memory, file)
  await pack(memory)
  await prove(memory)
  await memory.close()
  await tamper(file)
  await crash(file)
  await onPostgres(answers)
  console.log(`\nAll of it is true, in ${seconds(started)}. Next: README.md, "A first session".`)
}

async function read(memory: Heirloom): Promise<void> {
  step(
    'Read what is there already',
    'Files become memories, a passage each, with their place and source. Reading them again touches only what changed.',
  )
  const from = performance.now()
  const first = await readAll(memory)
  row('first reading', `${first.documents} documents, ${first.passages} passages, ${seconds(from)}`)
  const again = performance.now()
  const second = await readAll(memory)
  row('second reading', `${second.unchanged} unchanged, ${second.added} added, ${seconds(again)}`)
  claim(first.errors.length === 0 && first.added === first.passages, 'every file was read')
  claim(second.added + second.revised + second.superseded === 0, 'the second reading stored nothing')
}

async function remember(memory: Heirloom) {
  step(
    'Remember, and hear what is known already',
    'Agents repeat themselves. The same statement is stored once, and one that is nearly the same is named.',
  )
  const kept = await rememberAll(memory)
  for (const [index, { outcome }] of kept.entries()) row(outcome, FACTS[index]?.content ?? '')
  const twice = await memory.remember({ ...FACTS[0]!, project: 'tidepool' })
  row(twice.outcome.replace('_', ' '), FACTS[0]!.content)
  const similar = 'Deployments to production happen on Tuesdays, before noon, as always'
  const near = await memory.remember({ content: similar, project: 'tidepool', kind: 'convention' })
  row(near.outcome, similar)
  row('', `like an earlier one to ${near.near_duplicates[0]?.similarity}: "${FACTS[2]!.content}"`)
  claim(twice.outcome === 'already_known' && twice.id === kept[0]!.id, 'said twice, stored once')
  claim(near.near_duplicates[0]?.id === kept[2]!.id, 'the near-duplicate was pointed out')
  return kept
}

async function ask(memory: Heirloom): Promise<Answer[][]> {
  step(
    'Ask in your own words',
    'Recall weighs words (by their stems), what is meant, who said it, when, and what stands beside it, and says why.',
  )
  const answers = await askAll(memory)
  for (const [index, { query, answer }] of QUESTIONS.entries()) {
    const best = answers[index]?.[0]
    if (index > 0) gap()
    question(query)
    if (best === undefined) throw new Error(`nothing was found for: ${query}`)
    row('', excerpt(best.content))
    row('from', originOf(best))
    row('why', reasonsOf(best))
    claim(answer.test(best.content), 'the first result answers it')
  }
  return answers
}

async function revise(memory: Heirloom, { id, recorded_at }: { id: string; recorded_at: string }) {
  step(
    'Change your mind, and keep what it said',
    'A revision never overwrites. You can ask what was known at any earlier time, and who changed it and why.',
  )
  await memory.revise({ id, content: PORT.after, note: PORT.note })
  const asked = { query: PORT.query, project: 'tidepool', kind: 'fact', limit: 1 }
  const now = (await memory.recall(asked)).results[0]
  const then = (await memory.recall({ ...asked, as_of: recorded_at })).results[0]
  question(PORT.query)
  row('now', now?.content ?? '')
  row('before', then?.content ?? '')
  gap()
  const { versions, entries } = await memory.history({ id })
  for (const [index, { at, operation, actor_kind, client, note }] of entries.entries()) {
    row(
      at.slice(11, 19),
      `${operation} by a ${actor_kind} through ${client}${note === null ? '' : `: ${note}`}`,
    )
    row('', `revision ${versions[index]?.revision}: ${versions[index]?.content}`)
  }
  claim(now?.content === PORT.after && then?.content === PORT.before, 'now and then are both known')
  claim(versions.length === 2 && entries.length === 2, 'its history tells both versions')
}

async function share(memory: Heirloom, { id }: { id: string }) {
  step(
    'Share it, and know where it came from',
    'A copy in another project has a life of its own and a link to its source, which outlives the source.',
  )
  const copy = await memory.share({ id, to: 'project:harbour' })
  const again = await memory.share({ id, to: 'project:harbour' })
  const next = await memory.share({ id: copy.id, to: 'project:lighthouse' })
  await memory.forget({ id, note: 'the project has ended' })
  const { nodes, edges, cut } = await memory.lineage({ id: next.id })
  for (const { project, state, summary } of nodes) row(project ?? '', `${state}: ${summary}`)
  gap()
  for (const { type, source, target } of edges) row(type, `${target} from ${source}`)
  claim(again.id === copy.id, 'shared twice, copied once')
  claim(
    nodes.map(({ state }) => state).join() === 'live,live,retired' && edges.length === 2 && cut === null,
    'the copy of the copy knows both, though the first is gone from recall',
  )
}

async function prove(memory: Heirloom): Promise<void> {
  step(
    'Prove that nothing was changed behind your back',
    'Every change is one entry of a journal in which each entry carries the hash of the one before it.',
  )
  const { verification } = await memory.journal({ verify: true, limit: 1 })
  row('entries', String(verification?.entries))
  row('head', verification?.head ?? '')
  claim(verification?.ok === true, 'each entry follows from the one before it')
}

async function tamper(file: string): Promise<void> {
  const copy = await openHeirloom({ store: tamperedCopy(file, TAMPERED), mode: 'existing' })
  const { verification } = await copy.journal({ verify: true, limit: 1 })
  await copy.close()
  const broken = verification?.broken
  row(
    'in a copy',
    `entry ${TAMPERED} was rewritten with plain SQL; the journal says of entry ${broken?.sequence}:`,
  )
  row('', `"${broken?.reason}"`)
  claim(broken?.sequence === TAMPERED, 'the forgery was found')
}

async function crash(file: string): Promise<void> {
  step(
    'Kill a process in the middle of its writes',
    'What was acknowledged is on disk. A second process writes to the store and is killed (SIGKILL) without warning.',
  )
  const acknowledged = await killWriterAfter(ACKNOWLEDGED, file)
  await using memory = await openHeirloom({ store: file, mode: 'existing', client: 'demo' })
  const kept = await countKept(memory, acknowledged)
  const { total } = await memory.list({ project: 'readings', limit: 1 })
  row('acknowledged', `${acknowledged.size} memories before it died`)
  row('found again', `${kept}, word for word`)
  row('beyond that', `${total - kept} stored just before it could say so`)
  const { ok, checks } = await memory.doctor({})
  for (const { name, detail } of checks.filter(check => check.name !== 'database')) row(name, detail)
  claim(kept === acknowledged.size, 'no acknowledged memory is lost')
  claim(ok, 'doctor finds nothing wrong')
}

async function onPostgres(expected: Answer[][]): Promise<void> {
  step(
    'Do the same on PostgreSQL',
    'A team shares a server. Here PostgreSQL runs inside this process; the same files and questions give the same answers.',
  )
  const from = performance.now()
  await using memory = await openHeirloom({ store: 'pglite:', actor: 'person', client: 'demo' })
  const { documents, passages } = await readAll(memory)
  await rememberAll(memory)
  const answers = await askAll(memory)
  const { engine_version } = await memory.status({})
  row('engine', engine_version)
  row('read', `${documents} documents, ${passages} passages, ${seconds(from)} with its start`)
  for (const [index, { query }] of QUESTIONS.entries()) {
    const [here, there] = [answers[index], expected[index]].map(found => found?.map(one => one.content))
    claim(
      JSON.stringify(here) === JSON.stringify(there),
      `${query}  same ${here?.length} results, same order`,
    )
  }
}

function seconds(from: number): string {
  return `${((performance.now() - from) / 1000).toFixed(2)} s`
}
