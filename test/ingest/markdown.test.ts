import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ParsedDocument } from '../../src/ingest/document.ts'
import { parseMarkdown } from '../../src/ingest/markdown.ts'
import { cutMarkdown } from '../../src/ingest/markdown-cut.ts'
import { HeirloomError } from '../../src/model/errors.ts'

const parse = (text: string): ParsedDocument => parseMarkdown('guide.md', text)
const contentsOf = (text: string) => parse(text).passages.map(({ content }) => content)

function wordsOf(text: string): string[] {
  return text.match(/[\p{L}\p{N}]+/gu) ?? []
}

// Every word is its own number, so that none can be lost behind another.
const SHAPES: ((word: () => string, many: number) => string)[] = [
  (word, many) => `${Array.from({ length: many }, word).join(' ')}.`,
  (word, many) => Array.from({ length: many }, () => `${word()} ${word()}. ${word()}`).join('\n'),
  (word, many) =>
    Array.from({ length: many }, () => `- ${word()} ${word()}\n  - ${word()}\n\n    ${word()}`).join('\n'),
  (word, many) =>
    `1. ${word()}\n\n   \`\`\`\n${Array.from({ length: many }, () => `   ${word()}`).join('\n')}\n   \`\`\``,
  (word, many) =>
    `| ${word()} | ${word()} |\n|---|---|\n${Array.from({ length: many }, () => `| ${word()} | ${word()} |\n`).join('')}`,
  (word, many) => `\`\`\`js\n# ${word()}\n${Array.from({ length: many }, word).join('\n')}\n\`\`\``,
  (word, many) => Array.from({ length: many }, () => `> ${word()} ${word()}\n> > ${word()}`).join('\n'),
  (word, many) => `<div>\n${word()}\n\n${Array.from({ length: many }, word).join('\n')}\n</div>`,
  (word, many) => `[^a]: ${word()}\n\n    ${Array.from({ length: many }, word).join(' ')}`,
  word => `# ${word()}`,
  word => `## ${word()} *${word()}* ##`,
  word => `${word()}\n${word()}\n===`,
  word => `### ${`${word()} `.repeat(1)}${Array.from({ length: 60 }, word).join(' ')}`,
]

const DOCUMENT = fc
  .array(
    fc.tuple(
      fc.constantFrom(...SHAPES),
      fc.oneof(fc.integer({ min: 1, max: 6 }), fc.integer({ max: 300, min: 1 })),
    ),
    {
      maxLength: 8,
    },
  )
  .map(shapes => {
    let count = 0
    const word = () => `w${count++}x`
    return { text: shapes.map(([shape, many]) => shape(word, many)).join('\n\n'), words: () => count }
  })

describe('Markdown', () => {
  it('loses no word, and no passage is over its size', () => {
    fc.assert(
      fc.property(DOCUMENT, ({ text, words }) => {
        const { passages } = parse(text)
        const found = new Set(passages.flatMap(({ content, label }) => wordsOf(`${content} ${label ?? ''}`)))
        for (let index = 0; index < words(); index++) expect(found).toContain(`w${index}x`)
        for (const { content, label, title } of passages) {
          expect(content.trim()).not.toBe('')
          expect(Buffer.byteLength(content)).toBeLessThanOrEqual(65_536)
          expect(label?.length ?? 0).toBeLessThanOrEqual(1024)
          expect(title?.length ?? 0).toBeLessThanOrEqual(500)
          if (!content.includes('```')) expect(content.length).toBeLessThanOrEqual(2_200)
        }
      }),
      { numRuns: 15 },
    )
  })

  it('gives each section its own source text under its path of headings', () => {
    const { title, passages } = parse(
      'before\n\n# Guide\n\n## Install\n### Linux\n\nRun *this*:\n\n    make   \n\nUse\n---\n- a\n  - b\n\n# Other\nx\n',
    )
    expect(title).toBe('Guide')
    expect(passages.map(({ label, title, content }) => [label, title, content])).toEqual([
      [null, 'Guide', 'before'],
      ['Guide > Install > Linux', 'Linux', 'Run *this*:\n\n    make'],
      ['Guide > Use', 'Use', '- a\n  - b'],
      ['Other', 'Other', 'x'],
    ])
  })

  it('keeps the indentation of code at the head of a section', () => {
    expect(contentsOf('# A\n\n    four\n      six\n')).toEqual(['    four\n      six'])
  })

  it('is not misled by headings in code, HTML, quotes and lists', () => {
    const body = '```sh\n# one\n```\n\n<!--\n# two\n\n# three\n-->\n\n> # four\n\n- # five\n\n~~~\n# six'
    expect(parse(`# A\n\n${body}\n`).passages).toMatchObject([{ label: 'A', content: body }])
  })

  it('has a passage for a heading over nothing, and none for one that only holds others', () => {
    const { passages } = parse('# Todo\n## Fix the roof\n## Call Ann\n#\n# End')
    expect(passages.map(({ label, content }) => [label, content])).toEqual([
      ['Todo > Fix the roof', '## Fix the roof'],
      ['Todo > Call Ann', '## Call Ann'],
      ['End', '# End'],
    ])
  })

  it('keeps a heading too long for a label in the content', () => {
    const long = Array.from({ length: 200 }, (_, i) => `word${i}`).join(' ')
    const { title, passages } = parse(`# ${long}\n\n## Sub\n\ntext`)
    expect(passages).toHaveLength(2)
    expect(passages[0]?.content).toBe(`# ${long}`)
    expect(passages[0]?.label).toHaveLength(160)
    expect(passages[1]?.label).toMatch(/^word0 word1 .*… > Sub$/)
    expect(title).toHaveLength(500)
  })

  it('cuts a long section at its blocks, all pieces under one label', () => {
    const paragraph = (n: number) => `Paragraph ${n}. ${'Some words. '.repeat(50)}`.trim()
    const { passages } = parse(`# A\n\n${Array.from({ length: 10 }, (_, n) => paragraph(n)).join('\n\n')}`)
    expect(passages.length).toBeGreaterThan(2)
    expect(new Set(passages.map(({ label }) => label))).toEqual(new Set(['A']))
    for (const { content } of passages) expect(content).toMatch(/^Paragraph \d[\s\S]*words\.$/)
  })

  it('keeps code whole with the line that introduces it, up to 60 KiB', () => {
    const code = `\`\`\`\n${'a line of code\n'.repeat(3_000)}\`\`\``
    expect(contentsOf(`${'Prose. '.repeat(200)}\n\nRun:\n\n${code}\n\nAfter.`)).toContain(`Run:\n\n${code}`)
    expect(contentsOf(`- item\n\n  ${code.replaceAll('\n', '\n  ')}`)).toHaveLength(1)
    const huge = contentsOf(`\`\`\`\n${'日本語のコード\n'.repeat(5_000)}\`\`\``)
    expect(huge.length).toBe(2)
    for (const piece of huge) expect(piece).toMatch(/^(?:```\n)?日本語のコード[\s\S]*(?:日本語のコード|```)$/)
  })

  it('cuts a large table at rows and a large list at items', () => {
    const rows = contentsOf(`| a | b |\n|---|---|\n${'| left cell | right cell |\n'.repeat(300)}`)
    expect(rows.length).toBeGreaterThan(3)
    for (const row of rows.join('\n').split('\n')) expect(row).toMatch(/^\|.*\|$/)
    const items = contentsOf('- an item\n  - of two lines\n'.repeat(300))
    for (const item of items) expect(item).toMatch(/^ *- /)
  })

  it('reads text in scripts without spaces, and a word of any length', () => {
    const chinese = contentsOf('这是一个很长的句子。'.repeat(1_000))
    for (const piece of chinese) expect(piece).toMatch(/^这[\s\S]*。$/)
    expect(chinese.join('')).toBe('这是一个很长的句子。'.repeat(1_000))
    const word = '😀'.repeat(100_000)
    expect(contentsOf(word).join('')).toBe(word)
    for (const piece of contentsOf(`a${word}`)) expect(Buffer.from(piece).toString()).toBe(piece)
    expect(contentsOf('word '.repeat(100_000)).join(' ')).toBe('word '.repeat(100_000).trim())
  })

  it('gives nothing for nothing', () => {
    expect(parse('').passages).toEqual([])
    expect(parse(' \n\n\t\n').passages).toEqual([])
    expect(parse('---\ntitle: Only\n---\n')).toMatchObject({ title: 'Only', passages: [] })
  })

  it('cuts the long turn of a conversation as Markdown', () => {
    const code = `\`\`\`\n${'line\n'.repeat(600)}\`\`\``
    expect(cutMarkdown(`Intro.\n\n# Heading\n\n${code}\n\nEnd.`)).toEqual([
      'Intro.',
      `# Heading\n\n${code}`,
      'End.',
    ])
  })
})

describe('front matter', () => {
  const head = (yaml: string) => parse(`---\n${yaml}\n---\nbody\n`)

  it('becomes fields under its usual names, the rest metadata', () => {
    const document = head(
      'Title: 1.0\ntype: Decision\ntags: [one, "#two", 1.10, one]\nproject: p04\nrepo: heirloom\ntopics: a, b\n' +
        'authors: [Ann, Bob]\ndate: 2024-05-01\nvalid-until: 2025-01-01T00:00:00+02:00\ndraft: true\nextra: {deep: [1, null]}',
    )
    expect(document.title).toBe('1.0')
    expect(document.fields).toEqual({
      kind: 'decision',
      tags: ['one', 'two', '1.10'],
      project: 'p04',
      codebase: 'heirloom',
      topics: ['a', 'b'],
      author: 'Ann, Bob',
      at: '2024-05-01T00:00:00.000Z',
      valid_until: '2024-12-31T22:00:00.000Z',
    })
    expect(document.metadata).toEqual({ draft: true, extra: { deep: [1, null] } })
    expect(document.passages).toMatchObject([{ content: 'body', author: 'Ann, Bob', title: '1.0' }])
    expect(document.warnings).toEqual([])
  })

  it('keeps what does not fit a field as metadata and says so', () => {
    const tags = Array.from({ length: 33 }, (_, i) => `t${i}`)
    const document = head(`tags: [${tags}]\ndate: yesterday\nkind: "No kind!"\nauthor: ~`)
    expect(document.fields).toEqual({})
    expect(document.metadata).toEqual({ tags, date: 'yesterday', kind: 'No kind!' })
    expect(document.warnings).toHaveLength(3)
  })

  it.each([
    ['a: 1\nb: [1\nc: 2', /line [34] /],
    ['a: 1\na: 2', /line 3 /],
    [`a: ${'['.repeat(50_000)}`, /front matter/],
    [`a: ${'['.repeat(70)}${']'.repeat(70)}`, /deeper than 64/],
    [
      'a: &a [1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c]',
      /aliases/,
    ],
    ['a: &a [*a]', /guide\.md/],
  ])('refuses %j', (yaml, message) => {
    const act = () => head(yaml)
    expect(act).toThrow(HeirloomError)
    expect(act).toThrow(expect.objectContaining({ code: 'SOURCE_MALFORMED' }))
    expect(act).toThrow(message)
  })

  it('pollutes no prototype', () => {
    const { metadata, fields } = head(
      '__proto__: {polluted: yes}\nconstructor: {prototype: {polluted: 1}}\nx: {__proto__: {a: 1}}',
    )
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
    expect(Object.getPrototypeOf(metadata)).toBe(Object.prototype)
    expect(Object.hasOwn(metadata, '__proto__')).toBe(false)
    expect(metadata.x).toEqual({})
    expect(fields).toEqual({})
  })

  it('is only what stands at the very head and holds a mapping', () => {
    expect(parse('---\njust a paragraph\n---\n\nx').passages).toMatchObject([
      { content: '---' },
      { label: 'just a paragraph', content: 'x' },
    ])
    expect(parse('\n---\ntitle: no\n---\n').title).toBeNull()
    expect(parse('---\ntitle: no\n\n# Open').title).toBe('Open')
  })
})
