import { describe, expect, it } from 'vitest'
import { parseSource } from '../../src/ingest/parse.ts'
import { sourceFromText } from '../../src/ingest/walk.ts'

const json = (value: unknown) => parseSource(sourceFromText('talk.json', JSON.stringify(value)))
const lines = (...rows: (string | object)[]) =>
  rows.map(row => (typeof row === 'string' ? row : JSON.stringify(row))).join('\n')
const jsonl = (text: string) => {
  const [document] = parseSource(sourceFromText('talk.jsonl', text))
  if (document === undefined) throw new Error('no document')
  return document
}
const malformed = (act: () => unknown, message: RegExp) => {
  expect(act).toThrow(expect.objectContaining({ code: 'SOURCE_MALFORMED' }))
  expect(act).toThrow(message)
}

const LOCOMO = {
  speaker_a: 'Ann',
  speaker_b: 'Bob',
  session_10_date_time: 'some day',
  session_10: [{ speaker: 'Bob', dia_id: 'D10:1', text: 'last' }],
  session_2: [
    { speaker: 'Bob', dia_id: 'D2:1', text: 'look', blip_caption: 'a photo of a dog' },
    { speaker: 'Bob', dia_id: 'D2:2', text: '', blip_caption: 'a cat' },
    { speaker: 'Bob', dia_id: 'D2:3', text: '' },
  ],
  session_2_date_time: '1:14 pm on 25 May, 2023',
  session_1_date_time: '1:56 pm on 8 May, 2023',
  session_1: [{ speaker: 'Ann', dia_id: 'D1:1', text: 'hello' }],
  session_1_summary: 'not said',
  events_session_1: { Ann: ['nor this'] },
}

describe('a LoCoMo conversation', () => {
  it('is its turns in the order of the session numbers', () => {
    const [document] = json(LOCOMO)
    expect(document).toMatchObject({ key: null, type: 'conversation', title: 'Ann and Bob', metadata: {} })
    expect(document?.passages).toEqual([
      { content: 'hello', author: 'Ann', at: '2023-05-08T13:56:00.000Z', label: 'D1:1', title: null },
      {
        content: 'look [shares: a photo of a dog]',
        author: 'Bob',
        at: '2023-05-25T13:14:00.000Z',
        label: 'D2:1',
        title: null,
      },
      {
        content: '[shares: a cat]',
        author: 'Bob',
        at: '2023-05-25T13:14:00.000Z',
        label: 'D2:2',
        title: null,
      },
      { content: 'last', author: 'Bob', at: null, label: 'D10:1', title: null },
    ])
    expect(document?.warnings).toEqual([expect.stringMatching(/1 times .* session_10_date_time/)])
  })

  it('may come with its questions, and in a list with others', () => {
    expect(json({ conversation: LOCOMO, qa: [], sample_id: 'conv-26' })).toEqual(json(LOCOMO))
    const documents = json([
      { conversation: LOCOMO, sample_id: 'conv-26' },
      { conversation: LOCOMO, sample_id: 'conv-26' },
      LOCOMO,
    ])
    expect(documents.map(({ key }) => key)).toEqual(['conv-26', 'conv-26 (2)', 'conversation-3'])
    expect(documents.every(({ passages }) => passages.length === 4)).toBe(true)
  })

  it('is refused with the place of a turn without text', () => {
    malformed(() => json({ session_1: [{ text: 'a' }, { speaker: 'x' }] }), /talk\.json: turn 2 of session_1/)
  })
})

describe('a list of messages', () => {
  it('is read under the names that tools give its parts', () => {
    const [document] = json([
      { role: 'user', content: 'one', timestamp: 1700000000, id: 7 },
      { speaker: 'Ann', role: 'user', text: 'two', time: '2024-05-01', uuid: 'u2' },
      {
        author: 'Bob',
        content: [{ type: 'text', text: 'three' }, { type: 'image_url' }, { type: 'text', text: 'four' }],
      },
      { role: 'assistant', content: null, tool_calls: [{ id: 'x' }] },
      { role: 'assistant', content: '  ' },
      { text: 'nobody', created_at: 'soon' },
    ])
    expect(document?.passages).toEqual([
      { content: 'one', author: 'user', at: '2023-11-14T22:13:20.000Z', label: '7', title: null },
      { content: 'two', author: 'Ann', at: '2024-05-01T00:00:00.000Z', label: 'u2', title: null },
      { content: 'three\n\nfour', author: 'Bob', at: null, label: null, title: null },
      { content: 'nobody', author: null, at: null, label: null, title: null },
    ])
    expect(document?.warnings).toEqual(['1 times were not understood, the first at message 6'])
  })

  it('may have a head', () => {
    const [document] = json({
      title: 'Roof',
      session_id: 's1',
      model: 'm',
      usage: { a: 1 },
      messages: [{ text: 'hi' }],
    })
    expect(document).toMatchObject({
      key: null,
      title: 'Roof',
      fields: { session: 's1' },
      metadata: { model: 'm' },
      passages: [{ content: 'hi' }],
    })
    const several = json([
      { id: 'a', name: 'A', messages: [{ text: 'hi' }] },
      { id: 'b', messages: [] },
    ])
    expect(several.map(({ key, title, passages }) => [key, title, passages.length])).toEqual([
      ['a', 'A', 1],
      ['b', null, 0],
    ])
  })

  it('cuts a long message into pieces with its label, and stores what no database takes as U+FFFD', () => {
    const long = Array.from({ length: 40 }, (_, i) => `Paragraph ${i}. ${'word '.repeat(40)}`.trim()).join(
      '\n\n',
    )
    const [document] = json([{ role: 'user', content: long, id: 'm1' }])
    expect(document?.passages.length).toBeGreaterThan(3)
    expect(new Set(document?.passages.map(({ label }) => label))).toEqual(new Set(['m1']))
    expect(document?.passages.map(({ content }) => content).join('\n\n')).toBe(long)
    const raw = '[{"content":"a\\u0000b\\ud800c\\ud83d\\ude00","author":"\\udc00"}]'
    expect(parseSource(sourceFromText('a.json', raw))[0]?.passages).toMatchObject([
      { content: 'a\ufffdb\ufffdc😀', author: '\ufffd' },
    ])
  })

  it('pollutes no prototype', () => {
    const raw =
      '{"__proto__":{"polluted":1},"messages":[{"__proto__":{"role":"x"},"content":"hi"}],"constructor":"c"}'
    const [document] = parseSource(sourceFromText('a.json', raw))
    expect(document?.passages).toMatchObject([{ content: 'hi', author: null }])
    expect(document?.metadata).toEqual({ constructor: 'c' })
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  it.each([
    [{ name: 'heirloom', version: '1' }, /Known are.*LoCoMo.*Claude Code/],
    [[{ name: 'heirloom', version: '1' }], /Known are/],
    [[{ role: 'user', content: { text: 'lost?' } }], /Known are/],
    [[{ text: 'a' }, 'b'], /message 2 is not a message/],
    [{ messages: [{ text: 'a' }, { version: 1 }] }, /message 2/],
    [[{ messages: [] }, { version: 1 }], /conversation 2/],
    [3, /Known are/],
    [null, /Known are/],
    [['a'], /Known are/],
  ])('is not seen in %j', (value, message) => malformed(() => json(value), message))

  it('that is no JSON is refused without quoting it', () => {
    malformed(() => parseSource(sourceFromText('a.json', '[{"text": secret}]')), /^a\.json is not JSON: /)
    expect(() => parseSource(sourceFromText('a.json', '[{"text": secret}]'))).not.toThrow(/secret/)
    malformed(() => parseSource(sourceFromText('a.json', `${'['.repeat(100_000)}`)), /a\.json/)
  })
})

describe('JSON Lines', () => {
  it('are a message a line, whatever the line ends and blank lines', () => {
    const text = '\ufeff{"role":"user","content":"a"}\r\n\r\n  \r\n{"role":"assistant","content":"b"}\r\n'
    expect(jsonl(text).passages.map(({ author, content }) => [author, content])).toEqual([
      ['user', 'a'],
      ['assistant', 'b'],
    ])
  })

  it.each([
    [lines({ text: 'a' }, '', '{"text": secret', { text: 'b' }), /talk\.jsonl: line 3 is not JSON: /],
    [lines({ text: 'a' }, '{"text": "tor'), /line 2 is not JSON/],
    [lines({ text: 'a' }, '[]'), /line 2 is not a message/],
    [lines({ text: 'a' }, { version: 1 }), /line 2 is not a message\. Known are/],
    ['[\n{"text":"a"}\n]', /line 1 is not JSON/],
  ])('are refused whole: %j', (text, message) => {
    malformed(() => jsonl(text), message)
    expect(() => jsonl(text)).not.toThrow(/secret/)
  })

  it('of 100,000 messages are read in time linear in them', () => {
    const text = lines(
      ...Array.from({ length: 100_000 }, (_, i) => ({
        role: i % 2 === 0 ? 'user' : 'assistant',
        content: `Message ${i} about something that was said on that day.`,
        timestamp: '2024-01-01T00:00:00.000Z',
        id: `m${i}`,
      })),
    )
    const started = performance.now()
    expect(jsonl(text).passages).toHaveLength(100_000)
    expect(performance.now() - started).toBeLessThan(15_000)
  })
})

describe('a Claude Code session', () => {
  const meta = {
    sessionId: 's-1',
    cwd: '/home/ann/code/heirloom',
    gitBranch: 'main',
    timestamp: '2026-01-02T03:04:05.678Z',
  }
  const said = (type: string, uuid: string, content: unknown, more: object = {}) => ({
    type,
    uuid,
    ...meta,
    message: { role: type, content },
    ...more,
  })
  const SESSION = [
    { type: 'summary', summary: 'Old title', leafUuid: 'x' },
    { type: 'file-history-snapshot', messageId: 'm', snapshot: {} },
    said('user', 'u1', 'Fix the roof'),
    said('user', 'u2', 'Caveat: noise', { isMeta: true }),
    said('assistant', 'a1', [{ type: 'thinking', thinking: 'hm' }]),
    said('assistant', 'a2', [
      { type: 'text', text: 'On it.' },
      { type: 'tool_use', id: 't', name: 'Bash', input: {} },
    ]),
    said('user', 'u3', [{ type: 'tool_result', tool_use_id: 't', content: 'output' }], {
      cwd: '/home/ann/code/heirloom/src',
    }),
    said('user', 'u4', 'Side task', { isSidechain: true }),
    said('user', 'u5', 'Continued from before', { isCompactSummary: true }),
    { type: 'system', subtype: 'x', content: 'noise', uuid: 'y', ...meta },
    { type: 'summary', summary: 'Roof repair', leafUuid: 'a2' },
  ]

  it('is what the person and the assistant said', () => {
    expect(jsonl(lines(...SESSION))).toEqual({
      key: null,
      type: 'conversation',
      title: 'Roof repair',
      fields: { client: 'claude-code', session: 's-1', codebase: 'heirloom' },
      metadata: { cwd: '/home/ann/code/heirloom', git_branch: 'main', sidechain_lines: 1 },
      passages: [
        { content: 'Fix the roof', author: 'user', at: meta.timestamp, label: 'u1', title: null },
        { content: 'On it.', author: 'assistant', at: meta.timestamp, label: 'a2', title: null },
        {
          content: 'Continued from before',
          author: 'assistant',
          at: meta.timestamp,
          label: 'u5',
          title: null,
        },
      ],
      warnings: [],
    })
  })

  it('leaves out what the program says in the place of the person', () => {
    const texts = [
      '<command-name>/clear</command-name>\n <command-message>clear</command-message>\n<command-args></command-args>',
      '<local-command-stdout>Set model</local-command-stdout>',
      '<local-command-caveat>Caveat: noise</local-command-caveat>',
      '<bash-input>ls</bash-input>',
      '<bash-stdout>a\nb</bash-stdout><bash-stderr></bash-stderr>',
      '[Request interrupted by user for tool use]',
      '<system-reminder>Be brief</system-reminder>',
      'Mend the <system-reminder>Be\nbrief</system-reminder>gutter',
      'What does <bash-input>ls</bash-input> mean?',
      'An open <bash-stdout> stays',
      [
        { type: 'text', text: '<system-reminder>x</system-reminder>' },
        { type: 'text', text: 'Paint it' },
      ],
    ]
    const rows = texts.map((text, index) => said('user', `u${index}`, text))
    const answer = said('assistant', 'a1', '<bash-input>ls</bash-input>')
    expect(jsonl(lines(...rows, answer)).passages.map(({ content }) => content)).toEqual([
      'Mend the gutter',
      'What does <bash-input>ls</bash-input> mean?',
      'An open <bash-stdout> stays',
      'Paint it',
      '<bash-input>ls</bash-input>',
    ])
    const many = said('user', 'u', '<bash-stdout>'.repeat(200_000))
    const started = performance.now()
    expect(jsonl(lines(many)).passages.length).toBeGreaterThan(0)
    expect(performance.now() - started).toBeLessThan(5_000)
  })

  it('may have a torn last line, but no other', () => {
    const torn = jsonl(lines(...SESSION, '{"type":"user","mess'))
    expect(torn.passages).toHaveLength(3)
    expect(torn.warnings).toEqual([expect.stringContaining('last line')])
    malformed(() => jsonl(lines(...SESSION, '{"type":"user","mess', '')), /line 12 is not JSON/)
    malformed(() => jsonl(lines(...SESSION.slice(0, 3), '{"type"', ...SESSION)), /line 4 is not JSON/)
  })

  it('names its codebase on Windows as well', () => {
    expect(jsonl(lines(said('user', 'u', 'x', { cwd: 'C:\\code\\heirloom\\' }))).fields.codebase).toBe(
      'heirloom',
    )
  })
})
