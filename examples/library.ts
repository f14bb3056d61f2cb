import { openHeirloom } from 'heirloom'

const memory = await openHeirloom({ store: process.env.HEIRLOOM_STORE ?? 'memory:' })

const { id } = await memory.remember({
  content: 'The staging API of Tidepool listens on port 9090',
  project: 'tidepool',
  kind: 'fact',
  tags: ['staging', 'api'],
})

await memory.revise({
  id,
  content: 'The staging API of Tidepool listens on port 9443',
  note: 'TLS since 9 March',
})

const { results } = await memory.recall({
  query: 'Which port does staging use?',
  project: 'tidepool',
  limit: 3,
  explain: true,
})
for (const { rank, content, revision, why } of results) {
  const matched = why?.terms.map(({ term }) => term).join(', ')
  console.log(`${rank}. ${content} (revision ${revision}, matched: ${matched})`)
}

const { versions, entries } = await memory.history({ id })
console.log(`It said before: ${versions[0]?.content}`)
console.log(`Changed because: ${entries.at(-1)?.note}`)

await memory.close()
