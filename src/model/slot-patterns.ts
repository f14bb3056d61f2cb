/**
 * Reads what a plain English sentence claims. Precise rather than complete: a claim that is missed can be written down
 * by hand, while one that was read wrongly makes a conflict out of nothing. Texts are bounded before any pattern sees
 * them, so that no text takes long.
 */
import type { Slot } from './memory.ts'
import {
  ATTRIBUTES,
  duration,
  language,
  platform,
  port,
  url,
  type ValueReader,
  version,
} from './slot/attributes.ts'
import { nameIn, properNameIn, purposeIn, subjectIn } from './slot/phrase.ts'
import { readSentence } from './slot/sentence.ts'

type Groups = Readonly<Record<string, string>>

interface Pattern {
  /** Kept with the memory and shown by `get`. */
  readonly name: string
  readonly form: RegExp
  /** Null where the words fit the form but not what it stands for. */
  readonly read: (groups: Groups) => Slot | null
}

const NAMES = [...Object.keys(ATTRIBUTES), 'licence', 'e-mail'].join('|')
const SPELLED: Readonly<Record<string, string>> = { licence: 'license', 'e-mail': 'email' }

const PATTERNS: readonly Pattern[] = [
  fact(
    'listens on port',
    /^(?<subject>.+) (?:listens|is listening) on (?:port |:|(?=\d\d))(?<value>\d{1,5})$/i,
    'port',
    port,
  ),
  fact('runs on port', /^(?<subject>.+) (?:runs|is running) on port (?<value>\d+)$/i, 'port', port),
  {
    name: 'attribute of',
    form: new RegExp(
      `^(?:the )?(?<attribute>${NAMES}) (?:of|for) (?<subject>.+) (?:is|are) (?<value>.+)$`,
      'i',
    ),
    read: attributed,
  },
  {
    name: 'possessive',
    form: new RegExp(`^(?<subject>.+(?:'s|s')) (?<attribute>${NAMES}) is (?<value>.+)$`, 'i'),
    read: groups => attributed({ ...groups, subject: groups.subject!.replace(/'s$|'$/, '') }),
  },
  fact(
    'we use for',
    /^we(?:'re using| are using| use) (?<value>.+?) for (?<subject>.+)$/i,
    'uses',
    nameIn,
    purposeIn,
  ),
  fact('for we use', /^for (?<subject>.+) we use (?<value>.+)$/i, 'uses', nameIn, purposeIn),
  {
    name: 'uses for',
    form: /^(?<subject>.+) uses (?<value>.+?) for (?<purpose>.+)$/i,
    read: ({ subject, value, purpose }) => {
      const use = purposeIn(purpose!)
      return use === null ? null : slotOf(subjectIn(subject!), `uses for ${use}`, nameIn(value!))
    },
  },
  fact('owned by', /^(?<subject>.+) (?:is|are) owned by (?<value>.+)$/i, 'owner', nameIn),
  fact('owns', /^(?<value>.+) owns (?<subject>.+)$/i, 'owner', properNameIn),
  fact('written in', /^(?<subject>.+) (?:is|are) written in (?<value>.+)$/i, 'language', language),
  fact('deployed on', /^(?<subject>.+) (?:is|are) deployed on (?<value>.+)$/i, 'platform', platform),
  fact(
    'at version',
    /^(?<subject>.+) (?:runs|runs on|is running|is on|is at) version (?<value>\S+)$/i,
    'version',
    version,
  ),
  fact('hosted at', /^(?<subject>.+) (?:is|are) (?:hosted|served|available) at (?<value>\S+)$/i, 'url', url),
  fact('times out after', /^(?<subject>.+) times out after (?<value>.+)$/i, 'timeout', duration),
  {
    name: 'depends on version',
    form: /^(?<subject>.+) depends on version (?<value>\S+) of (?<part>.+)$/i,
    read: depending,
  },
  {
    name: 'depends on',
    form: /^(?<subject>.+) depends on (?<part>.+?) (?:version (?<value>\S+)|v?(?<numbers>\d+(?:\.\d+){1,3}))$/i,
    read: depending,
  },
  {
    name: 'deprecated',
    form: /^(?<subject>.+) (?:is|are) deprecated(?: in favou?r of (?<successor>.+))?$/i,
    read: ({ subject, successor }) =>
      successor !== undefined && subjectIn(successor) === null
        ? null
        : slotOf(subjectIn(subject!), 'status', 'deprecated'),
  },
  {
    name: 'enabled',
    form: /^(?<subject>.+) (?:is|are) (?:(?<on>enabled|(?:turned|switched) on)|disabled|(?:turned|switched) off)$/i,
    read: ({ subject, on }) => slotOf(subjectIn(subject!), 'enabled', on === undefined ? 'false' : 'true'),
  },
]

/**
 * What a text of one sentence claims, and the name of the pattern that says so; null where it makes no plain claim.
 * Questions, negations, conditions, guesses, the past, lists, quotations, markdown and pronouns are not read.
 */
export function readSlot(content: string): { slot: Slot; pattern: string } | null {
  const sentence = readSentence(content)
  if (sentence === null) return null
  for (const { name, form, read } of PATTERNS) {
    const groups = form.exec(sentence)?.groups
    const slot = groups === undefined ? null : read(groups)
    if (slot !== null) return { slot, pattern: name }
  }
  return null
}

function fact(
  name: string,
  form: RegExp,
  attribute: string,
  value: ValueReader,
  subject = subjectIn,
): Pattern {
  return { name, form, read: groups => slotOf(subject(groups.subject!), attribute, value(groups.value!)) }
}

function attributed({ attribute, subject, value }: Groups): Slot | null {
  const lower = attribute!.toLowerCase()
  const name = SPELLED[lower] ?? lower
  return slotOf(subjectIn(subject!), name, ATTRIBUTES[name]!(value!))
}

function depending({ subject, part, value, numbers }: Groups): Slot | null {
  const [dependency, needed] = [nameIn(part!), version(value ?? numbers ?? '')]
  return dependency === null ? null : slotOf(subjectIn(subject!), `${dependency} version`, needed)
}

function slotOf(subject: string | null, attribute: string, value: string | null): Slot | null {
  return subject === null || value === null ? null : { subject, attribute, value }
}
