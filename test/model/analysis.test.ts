import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  analyse,
  analyseQuery,
  contentTermsOf,
  MAX_TERM,
  type SearchableFields,
  TRAITS,
  toSearchDocument,
} from '../../src/model/analysis.ts'

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc.string({ unit: fc.constantFrom(..."aZ9._-/\\:@&'+#, \n\u0000\ud800\udc00éß東にก한"), maxLength: 200 }),
)

/** Whether every term of the query stands in the row, as the engines look for it. */
function finds(query: string, fields: SearchableFields | string): boolean {
  const { words } = toSearchDocument(typeof fields === 'string' ? { content: fields } : fields)
  const { terms } = analyseQuery(query)
  return terms.length > 0 && terms.every(term => words.includes(` ${term} `))
}

describe('words', () => {
  test('are lower-cased, stemmed, in order, with duplicates', () => {
    expect(analyse('Running runs RAN; the Painters painted, painted')).toEqual(
      'run run run the painter paint paint'.split(' '),
    )
  })

  test.each([
    ['she went hiking', 'When did she go on a hike?'],
    ['our children bought shoes', 'child buying a shoe'],
    ["I'm sure it's Ana's café", 'ana cafe'],
    ['I don’t like O’Brien', "obrien don't"],
    ["l'avion de Renée", 'avion renee'],
    ['naïve Ångström façade STRASSE', 'naive angstrom facade straße'],
    ['Crème brûlée, Łódź, smørrebrød', 'creme brulee lodz smorrebrod'],
    ['ﬁne Ｆｕｌｌ ｗｉｄｔｈ ①', 'fine full width 1'],
    ['soft\u00adhyphen zero\u200dwidth', 'softhyphen zerowidth'],
    ['ΟΔΟΣ Αθήνα', 'οδος αθηνα'],
    ['Ёлка и йод', 'елка иод'],
    ['on the 8th of May, 1,200 guests', '8 may 1200'],
  ])('%j is found by %j', (text, query) => {
    expect(finds(query, text)).toBe(true)
    expect(finds(`${query} zebra`, text)).toBe(false)
  })

  test('nothing but punctuation gives nothing', () => {
    expect(analyse(' … !? -- ._- 🎉 \u0000\ud800 ')).toEqual([])
    expect(toSearchDocument({ content: '?!' })).toMatchObject({ words: ' ', length: 0, author: ' ' })
  })
})

describe('identifiers are found whole and in parts', () => {
  test.each([
    ['getUserById', ['getUserById', 'user', 'getuserbyid', 'get_user_by_id']],
    ['parseHTTPResponse', ['http', 'response', 'parseHttpResponse']],
    ['MAX_RETRY_COUNT', ['max_retry_count', 'retry', 'maxRetryCount']],
    ['kebab-case-name', ['kebab', 'kebab-case-name', 'kebabCaseName']],
    ['v2.4.1', ['v2.4.1', '2.4.1', '4']],
    ['src/store/engine.ts', ['src/store/engine.ts', 'engine.ts', 'engine', 'store']],
    ['C:\\Users\\ana\\notes.md', ['notes.md', 'ana', 'C:/Users/ana/notes.md']],
    ['E11000', ['E11000', 'e11000', '11000']],
    ['ERR_CONNECTION_REFUSED', ['ERR_CONNECTION_REFUSED', 'refused', 'connection']],
    ['TS2345:', ['TS2345', '2345']],
    ['(#1234)', ['#1234', '1234']],
    ['C++, C# and F#.', ['C++', 'c#', 'F#']],
    ['C/C++', ['C++', 'c']],
    ['192.168.1.1:8080', ['192.168.1.1', '192', '8080']],
    ['ana.maria@example.com', ['ana.maria@example.com', 'maria', 'example.com']],
    ['https://example.com/docs/a?page=2#top', ['example.com/docs/a', 'example.com', 'docs', 'page']],
    ['2023-05-08T10:00:00Z', ['2023-05-08', '8 May 2023']],
    ['std::vector', ['vector']],
    ['well-known', ['well-known', 'wellknown', 'known']],
    ['PDFs and APIs', ['pdf', 'api']],
    ['AT&T', ['AT&T']],
  ])('%s', (text, queries) => {
    for (const query of queries) expect([query, finds(query, `see ${text} there`)]).toEqual([query, true])
  })

  test.each([
    ['ana:', ['ana']],
    ['a#1 b+c', ['a', '1', 'b', 'c']],
    ['PDFs', ['pdf']],
    ['iPhone', ['iphon', 'phone']],
    ['wait...what', ['wait', 'what']],
    [`ж${'𐐨'.repeat(40)}`, [`ж${'𐐨'.repeat(31)}`]],
    ['x'.repeat(100), ['x'.repeat(64)]],
  ])('%s gives exactly its terms', (text, terms) => {
    expect(analyse(text)).toEqual(terms)
  })

  test('C++, C# and C are three things', () => {
    expect(finds('C++', 'written in C')).toBe(false)
    expect(finds('C#', 'written in C++')).toBe(false)
  })
})

describe('scripts without spaces', () => {
  test.each([
    ['東京に行きました', ['東京', '京', '行き']],
    ['我的記憶很好', ['記憶', '很', '記憶很好']],
    ['안녕하세요 세계', ['안녕', '세계', '세']],
    ['ภาษาไทย', ['ไทย', 'ภาษา']],
    ['Vue组件を使う', ['vue', '组件', '使う']],
    ['ｶﾀｶﾅとサーバー', ['カタカナ', 'サーバー']],
    ['𠮷野家', ['𠮷', '𠮷野']],
  ])('%s', (text, queries) => {
    for (const query of queries) expect([query, finds(query, text)]).toEqual([query, true])
  })

  test('a run of characters asks for its pairs alone', () => {
    expect(analyseQuery('東京都').terms).toEqual(['東京', '京都'])
    expect(finds('東京都', '京の東')).toBe(false)
  })
})

describe('documents', () => {
  const fields = {
    content: 'I painted two fences yesterday',
    title: 'Garden',
    label: 'Home > Outside',
    tags: ['big-chores'],
    author: 'Ana María',
    at: '2023-05-08T23:30:00.000Z',
  }

  test('hold title, label, tags, author and the date in words', () => {
    for (const query of ['garden', 'outside', 'chores', 'Ana', '8 May 2023', 'May 8', '2023-05-08']) {
      expect([query, finds(query, fields)]).toEqual([query, query !== '2023-05-08'])
    }
    const { words, length, author } = toSearchDocument(fields)
    expect(words.startsWith(' i paint two fenc yesterdai garden ')).toBe(true)
    expect(words.trim().split(' ')).toHaveLength(length)
    expect(author).toBe(' ana maria ')
  })

  test.each([
    ['I met him yesterday', TRAITS.time],
    ['in 2019', TRAITS.time | TRAITS.number],
    ['on 3 June we sailed', TRAITS.time | TRAITS.number],
    ['three cats', TRAITS.number],
    ['we sailed', 0],
    ['Hey! What is new?', TRAITS.onlyQuestion | TRAITS.endsAsking],
    ['I finally finished the whole kitchen floor. What about you? ', TRAITS.endsAsking],
    ['你好吗？', TRAITS.onlyQuestion | TRAITS.endsAsking],
  ])('traits of %j', (content, traits) => {
    const row = toSearchDocument({ content, author: 'Bo', at: '2020-01-01', title: 'Two' })
    expect(row.traits & 0xff).toBe(traits)
    expect(contentTermsOf(row.traits)).toBe(analyse(content).length)
  })

  test('an unreadable date is no word', () => {
    expect(toSearchDocument({ content: 'a', at: 'yesterday-ish' }).words).toBe(' a ')
    expect(toSearchDocument({ content: 'a', at: '2023-99-99T00:00:00Z' }).words).toBe(' a ')
  })
})

describe('queries', () => {
  test('drop stop-words, unless there is nothing else', () => {
    expect(analyseQuery('What did Ana say about the kitchen? Ana!').terms).toEqual(['ana', 'sai', 'kitchen'])
    expect(analyseQuery('The Who').terms).toEqual(['the', 'who'])
    expect(analyseQuery('?!').terms).toEqual([])
  })

  test('quoted text is a phrase, and its words are terms', () => {
    const query = analyseQuery('who wrote "The Lean Startup" and “Little Women” "unclosed')
    expect(query.phrases).toEqual([
      ['the', 'lean', 'startup'],
      ['littl', 'women'].map(word => analyse(word)[0]),
    ])
    expect(query.terms).toEqual(expect.arrayContaining(['lean', 'littl', 'unclos']))
  })

  test.each([
    ['When did they leave?', true, false],
    ['what year was it', true, false],
    ['How many cats?', false, true],
    ['How long did it take?', true, true],
    ['Where is whenever.ts?', false, false],
  ])('%s', (text, asksWhen, asksHowMany) => {
    expect(analyseQuery(text)).toMatchObject({ asksWhen, asksHowMany })
  })

  test('a megabyte costs no more than a page', () => {
    for (const text of [
      'word '.repeat(200_000),
      'x'.repeat(1_000_000),
      '"'.repeat(1_000_000),
      '東'.repeat(1_000_000),
    ]) {
      const started = performance.now()
      expect(analyseQuery(text).terms.length).toBeLessThanOrEqual(64)
      expect(performance.now() - started).toBeLessThan(500)
    }
    const many = Array.from({ length: 1000 }, (_, at) => `w${at}x`).join(' ')
    expect(analyseQuery(many).terms).toHaveLength(64)
  })
})

describe('whatever the text', () => {
  test('a term is never empty, long, spaced, or ill-formed', () => {
    fc.assert(
      fc.property(anyText, text => {
        for (const term of [...analyse(text), ...analyseQuery(text).terms]) {
          expect(term).toMatch(/^[^\s\p{Cc}\p{Cs}]+$/u)
          expect(term).not.toMatch(/#\d/)
          expect(term.length).toBeLessThanOrEqual(MAX_TERM)
        }
      }),
      { numRuns: 500 },
    )
  })

  test('what is asked in the words of a text finds it', () => {
    fc.assert(
      fc.property(anyText, text => {
        const { words } = toSearchDocument({ content: text })
        for (const term of analyseQuery(text).terms) expect(words).toContain(` ${term} `)
      }),
      { numRuns: 500 },
    )
  })

  test('compatibility forms and, for plain words, case make no difference', () => {
    const isAnalysedAlike = (change: (text: string) => string) => (text: string) => {
      expect(analyse(change(text))).toEqual(analyse(text))
    }
    fc.assert(
      fc.property(
        anyText,
        isAnalysedAlike(text => text.normalize('NFKC')),
      ),
    )
    fc.assert(
      fc.property(
        anyText,
        isAnalysedAlike(text => text.normalize('NFD')),
      ),
    )
    const plain = fc.stringMatching(/^[a-z]{1,12}( [a-z]{1,12}){0,5}$/)
    fc.assert(
      fc.property(
        plain,
        isAnalysedAlike(text => text.toUpperCase()),
      ),
    )
  })

  test('an analysis does not depend on what was analysed before', () => {
    fc.assert(
      fc.property(anyText, anyText, (one, other) => {
        const before = analyse(one)
        analyse(other)
        expect(analyse(one)).toEqual(before)
      }),
    )
  })
})
