/** Two agents that disagree about one thing, and what becomes of it. */
import { type Heirloom, openHeirloom } from '../../src/index.ts'
import { claim, gap, question, row, step } from './page.ts'

const PORTS = {
  claude: 'The telemetry gateway listens on port 7070',
  cursor: 'The telemetry gateway listens on port 7443',
}
const QUERY = 'Which port does the telemetry gateway listen on?'
const PROMPT = 'Configure the telemetry gateway and its port for the demo rig'
const BUDGET = 900

/** What an agent states, as it would over MCP. */
async function stateAs(client: keyof typeof PORTS, file: string) {
  await using agent = await openHeirloom({ store: file, mode: 'existing', actor: 'agent', client })
  return agent.remember({ content: PORTS[client], project: 'tidepool' })
}

async function ask(memory: Heirloom): Promise<(string | null)[]> {
  const { results } = await memory.recall({ query: QUERY, project: 'tidepool', limit: 5 })
  const ports = results.filter(({ content }) => Object.values(PORTS).includes(content))
  question(QUERY)
  for (const { content, contested, trust } of ports)
    row(contested === null ? trust : 'contested', contested === null ? content : `${content} (${trust})`)
  return ports.map(({ contested }) => contested)
}

export async function contradict(memory: Heirloom, file: string): Promise<void> {
  step(
    'Let two agents disagree',
    'A contradiction is noticed as it is written, by comparing what is claimed, not by likeness. Both stay, until a person decides.',
  )
  const first = await stateAs('claude', file)
  const second = await stateAs('cursor', file)
  const { conflict } = second
  row('claude', PORTS.claude)
  row('cursor', PORTS.cursor)
  row('answer', second.notices.at(-1) ?? '')
  if (conflict === null) throw new Error('the second statement opened no conflict')
  gap()
  const contested = await ask(memory)
  claim(first.conflict === null && conflict.members.length === 2, 'the second statement opened a conflict')
  claim(contested.length === 2 && contested.every(id => id === conflict.id), 'recall marks both as contested')
  gap()
  const resolved = await memory.resolve({
    id: conflict.id,
    winner: second.id,
    because: 'moved to TLS',
  })
  row('resolved', `by a person: ${PORTS.cursor}`)
  const settled = await ask(memory)
  claim(settled.join() === '' && settled.length === 1, 'the other one is superseded, and linked to it')
  gap()
  await memory.undo({ receipt: resolved.receipt ?? '' })
  row('undone', resolved.receipt ?? '')
  claim((await ask(memory)).length === 2, 'undo brings both back, contested as before')
}

export async function pack(memory: Heirloom): Promise<void> {
  step(
    'Give an agent what belongs to a prompt',
    'Pinned memories, what recall finds, the things around it and open conflicts, whole items within a budget of tokens.',
  )
  const { results } = await memory.recall({ query: 'Priya pull requests', project: 'tidepool', limit: 1 })
  await memory.pin({ id: results[0]?.id ?? '' })
  await memory.entity_create({
    type: 'service',
    name: 'Telemetry gateway',
    description: 'Takes readings from the buoys and hands them to the API',
    project: 'tidepool',
  })
  const given = await memory.context({ prompt: PROMPT, project: 'tidepool', budget: BUDGET })
  question(PROMPT)
  for (const { kind, why } of given.items) row(kind, why)
  row('tokens', `${given.tokens} of ${BUDGET}; ${given.left_out.count} left out`)
  claim(given.tokens <= BUDGET && given.items.length >= 4, 'it fits, and says why each item is there')
}
