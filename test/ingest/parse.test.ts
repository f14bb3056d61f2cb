import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseSource } from '../../src/ingest/parse.ts'
import { toTime } from '../../src/ingest/time.ts'
import { sourceFromText } from '../../src/ingest/walk.ts'

const bytes = (...parts: (string | number[])[]) =>
  Buffer.concat(parts.map(part => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))))

function one(name: string, content: Uint8Array | string) {
  const documents = parseSource(
    typeof content === 'string' ? sourceFromText(name, content) : { name, bytes: content },
  )
  expect(documents).toHaveLength(1)
  return documents[0] as (typeof documents)[number]
}

const contentsOf = (name: string, content: Uint8Array | string) =>
  one(name, content).passages.map(p => p.content)

describe('a source', () => {
  it.each([
    ['a.md', 'markdown'],
    ['a.MARKDOWN', 'markdown'],
    ['dir.md/a.mdx', 'markdown'],
    ['a.txt', 'text'],
    ['a.unknown', 'text'],
    ['README', 'text'],
    ['.json', 'text'],
    ['a.json', 'conversation'],
    ['a.jsonl', 'conversation'],
    ['a.ndjson', 'conversation'],
  ])('%s is read as %s, and empty it has no passages', (name, type) => {
    expect(one(name, '')).toMatchObject({ type, key: null, passages: [] })
    expect(one(name, '\ufeff \n\n')).toMatchObject({ type, passages: [] })
  })

  it('is UTF-8 or UTF-16 with its mark, and its lines end in one way', () => {
    expect(contentsOf('a.txt', '\ufeffGrüße\r\nzwei\rdrei')).toEqual(['Grüße\nzwei\ndrei'])
    expect(contentsOf('a.txt', bytes([0xff, 0xfe], [...Buffer.from('Grüße', 'utf16le')]))).toEqual(['Grüße'])
    expect(contentsOf('a.txt', bytes([0xfe, 0xff], [...Buffer.from('Grüße', 'utf16le').swap16()]))).toEqual([
      'Grüße',
    ])
    expect(one('a.md', '# A\r\n\r\ntext\r\n')).toEqual(one('a.md', '# A\n\ntext\n'))
  })

  it.each([
    ['NUL bytes', bytes('text', [0], 'more'), /a\.md is binary/],
    ['UTF-32', bytes([0xff, 0xfe, 0, 0, 0x41, 0, 0, 0]), /binary/],
    ['Latin-1', bytes('Gr', [0xfc], 'n'), /not valid UTF-8.*iconv/],
    ['a surrogate in UTF-8', bytes([0xed, 0xa0, 0x80]), /not valid UTF-8/],
    ['half a UTF-16 pair', bytes([0xff, 0xfe, 0x00, 0xd8]), /not valid UTF-16LE/],
    ['too much', new Uint8Array(64 * 1024 * 1024 + 1), /67108865 bytes, and at most 67108864 \(64 MiB\)/],
  ])('is refused for %s', (_, content, message) => {
    const act = () => parseSource({ name: 'a.md', bytes: content })
    expect(act).toThrow(expect.objectContaining({ code: 'SOURCE_UNREADABLE' }))
    expect(act).toThrow(message)
  })
})

describe('plain text', () => {
  it('gathers paragraphs up to the size of a passage', () => {
    const paragraph = (n: number) => `Paragraph ${n}. ${'word '.repeat(100)}`.trim()
    const text = Array.from({ length: 20 }, (_, n) => paragraph(n)).join('\n\n  \n')
    const contents = contentsOf('a.txt', text)
    expect(contents).toHaveLength(7)
    for (const content of contents) expect(content).toMatch(/^Paragraph \d+[\s\S]*word$/)
  })

  it('loses nothing but white space', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('\n', '\n\n', ' ', '. ', 'word '.repeat(300)),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(piece, fc.constantFrom(1, 1, 60))), pieces => {
        const text = pieces
          .map(([part, times]) => part.repeat(times))
          .join('')
          .replaceAll('\0', '')
        const contents = contentsOf('a.txt', text)
        expect(contents.join('').replace(/\s/g, '')).toBe(Buffer.from(text.replace(/\s/g, '')).toString())
        for (const content of contents) expect(Buffer.byteLength(content)).toBeLessThanOrEqual(65_536)
      }),
    )
  })
})

describe('a time', () => {
  it.each([
    ['2024-05-01', '2024-05-01T00:00:00.000Z'],
    ['2024-05-01 10:20', '2024-05-01T10:20:00.000Z'],
    ['2024-05-01T10:20:30.123456Z', '2024-05-01T10:20:30.123Z'],
    ['2024-05-01T00:20:30.5+02:00', '2024-04-30T22:20:30.500Z'],
    ['2024-05-01T10:20:30-0530', '2024-05-01T15:50:30.000Z'],
    ['1:56 pm on 8 May, 2023', '2023-05-08T13:56:00.000Z'],
    ['12:09 am on 13 September, 2023', '2023-09-13T00:09:00.000Z'],
    ['12:30 pm on 29 February, 2024', '2024-02-29T12:30:00.000Z'],
    [1700000000, '2023-11-14T22:13:20.000Z'],
    [1700000000123, '2023-11-14T22:13:20.123Z'],
    ['1700000000.5', '2023-11-14T22:13:20.500Z'],
    ['2023-02-31', null],
    ['13:00 pm on 8 May, 2023', null],
    ['1:00 pm on 8 Floreal, 2023', null],
    ['2024-05-01T25:00', null],
    ['yesterday', null],
    ['', null],
    [Number.NaN, null],
    [1e300, null],
    [{}, null],
  ])('%j is %j', (value, expected) => {
    expect(toTime(value)).toBe(expected)
  })

  it('comes back from its own form', () => {
    const date = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
    fc.assert(
      fc.property(date, moment => {
        expect(toTime(moment.toISOString())).toBe(moment.toISOString())
      }),
    )
  })
})
