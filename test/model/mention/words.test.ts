import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { headsOf, nameKey, wordsKey, wordsOf } from '../../../src/model/mention.ts'

function keysOf(text: string): string[] {
  return wordsOf(text).map(word => word.key)
}

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 100 }),
  fc.string({ unit: 'grapheme', maxLength: 100 }),
  fc.string({
    unit: fc.constantFrom(..."aZn't9._-+# \ud800\udc00éßカー東가ก\u0301\u0e33\u1161½㍿\u200d"),
    maxLength: 60,
  }),
)

describe('nameKey', () => {
  test.each([
    ['  Payment-Service ', 'payment service'],
    ['payment_-_ service', 'payment service'],
    ['ＰＡＹ\u3000ﬁx', 'pay fix'],
    ['C++', 'c++'],
    ['Élan', 'élan'],
    ['-', '-'],
    [' __ ', '__'],
    ['???', '???'],
    [' \t', ''],
  ])('of %j is %j', (name, key) => {
    expect(nameKey(name)).toBe(key)
  })

  test('is stable, and empty for blanks alone', () => {
    fc.assert(
      fc.property(anyText, name => {
        expect(nameKey(nameKey(name))).toBe(nameKey(name))
        expect(nameKey(name) === '').toBe(name.trim() === '')
      }),
    )
  })
})

describe('words', () => {
  test.each([
    ['The payment-service, v2.4', 'the payment service v2 4'],
    ['snake_case camelCase HTTPServer', 'snake case camelcase httpserver'],
    ['src/model:memory.ts', 'src model memory ts'],
    ['C, C++, C# and F#.', 'c c++ c# and f#'],
    ['C++17 C#12 a+b 3+ x++y C+++ #tag A#b Disney+', 'c++ 17 c# 12 a b 3 x y c tag a b disney+'],
    ['C++で書く C#으로', 'c++ で 書 く c# 으 로'],
    ['.NET (.gitignore) ~/.bashrc', '.net .gitignore bashrc'.replace('bash', '.bash')],
    ['使用.NET开发', '使 用 .net 开 发'],
    ['ASP.NET C#.NET end.Next ...and f().x .5', 'asp net c# net end next and f x 5'],
    ["Ana's Ana’s ANAʼS", 'ana s ana s ana s'],
    ["don't can’t ISN'T we'll", 'dont cant isnt we ll'],
    ["O'Brien d'Airbus Ankara'da rock 'n' roll", 'o brien d airbus ankara da rock n roll'],
    ["Мар'яна API'шка", 'маряна api шка'],
    ['Renée Łódź STRASSE straße İZMİR', 'renee lodz strasse strasse izmir'],
    ['Ёлка ΟΔΟΣ οδός', 'елка οδοσ οδοσ'],
    ['नमस्ते दुनिया', 'नमस्ते दुनिया'],
    ['שָׁלוֹם مُحَمَّد', 'שלום محمد'],
    ['می\u200cخواهم soft\u00adware', 'میخواهم software'],
    ['東京タワーへ行く', '東 京 タワー へ 行 く'],
    ['らーめん ｶﾞｲﾄﾞ ジョン・スミス', 'らー め ん ガイド ジョン スミス'],
    ['データ2号 第12章', 'データ 2 号 第 12 章'],
    ['葛\u{e0100}城 𠀀𠀁', '葛 城 𠀀 𠀁'],
    ['กรุงเทพ ๑๒', 'ก รุ ง เ ท พ ๑๒'],
    ['ພາສາ ខ្មែរ မြန်မာ', 'ພ າ ສ າ ខ្ មែ រ မြ န် မာ'],
    ['서울에서 React는', '서 울 에 서 react 는'],
    ['𝒜da 𐐀𐐁 1️⃣ a👍🏽b ❤️', 'ada 𐐨𐐩 1 a b'],
    ['??? … -- \ud800', ''],
  ])('of %j', (text, keys) => {
    expect(keysOf(text).join(' ')).toBe(keys)
    expect(wordsKey(text)).toBe(keys)
  })

  test('composed or not, a text has the same words', () => {
    for (const text of ['한글 서울에서', 'Renée', 'ガイド', 'น้ำ ກໍາ', 'કે ক্ষো', 'Å']) {
      expect(keysOf(text.normalize('NFD'))).toEqual(keysOf(text))
      expect(keysOf(text.normalize('NFKC'))).toEqual(keysOf(text))
    }
  })

  test('only inside a run of Hangul may no name begin', () => {
    const words = wordsOf('서울시 AB한국 東京タワー ไทย').filter(word => !word.beginsWord)
    expect(words.map(word => word.key)).toEqual(['울', '시', '국'])
    expect([...headsOf(wordsOf('서울 서버 東東 a A'))]).toEqual(['서', '東', 'a'])
  })

  test('offsets are those of the text as it was given', () => {
    const text = "👍 Ｃ＋＋ cafe\u0301's ½ ﬁx 한국 ._.NET"
    expect(wordsOf(text).map(({ start, end }) => text.slice(start, end))).toEqual([
      'Ｃ＋＋',
      'cafe\u0301',
      's',
      '½',
      '½',
      'ﬁx',
      '한',
      '국',
      '.NET',
    ])
  })

  test('ascend, and no key is empty or holds a space', () => {
    fc.assert(
      fc.property(anyText, text => {
        let from = 0
        let past = 0
        for (const { key, start, end } of wordsOf(text)) {
          expect(key).toMatch(/^\S+$/)
          expect(start).toBeGreaterThanOrEqual(from)
          expect(end).toBeGreaterThan(start)
          expect(end).toBeGreaterThanOrEqual(past)
          from = start
          past = end
        }
        expect(past).toBeLessThanOrEqual(text.length)
      }),
    )
  })
})

describe('work grows in proportion to the text', () => {
  const SIZE = 64 * 1024
  const hostile = [
    ...[
      'a',
      "a'",
      "n't",
      "'",
      '+',
      'c+',
      'c#',
      '.',
      '.a',
      'a.',
      'é',
      '\u0316\u0301',
      'a\u0316\u0301',
      '東',
      'ー',
    ],
    ...['らー', 'カ', '각', '\u1112', '\u1161', '👍', '𠀀', '\ud800', '\u200d', "don't ", "м'", 'ﷺ', '½'],
  ]

  /** Characters that were looked at; a normalisation counts as the square of what it is given. */
  function stepsOf(run: () => unknown): number {
    const { charCodeAt, codePointAt, normalize } = String.prototype
    let steps = 0
    String.prototype.charCodeAt = function (at) {
      steps++
      return charCodeAt.call(this, at)
    }
    String.prototype.codePointAt = function (at) {
      steps++
      return codePointAt.call(this, at)
    }
    String.prototype.normalize = function (form) {
      steps += this.length ** 2
      return normalize.call(this, form as 'NFC')
    }
    try {
      run()
    } finally {
      Object.assign(String.prototype, { charCodeAt, codePointAt, normalize })
    }
    return steps
  }

  test.each(hostile)('cutting %j over and over', piece => {
    const text = piece.repeat(SIZE / piece.length)
    expect(stepsOf(() => wordsOf(text)) / text.length).toBeLessThan(150)
  })
})
