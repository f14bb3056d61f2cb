/**
 * Conversations in the form of LoCoMo (Maharana et al., 2024): sessions of turns, each session with its date.
 */
import { HeirloomError } from '../model/errors.ts'
import type { ParsedDocument } from './document.ts'
import { isJson, type Json, toStorable } from './json-safe.ts'
import { firstText, TimeReader, type Turn, toConversation, toPassages } from './turns.ts'

const SESSION = /^session_(\d+)$/

export function isLocomo(value: unknown): value is Json {
  return (
    isJson(value) && Object.entries(value).some(([key, turns]) => SESSION.test(key) && Array.isArray(turns))
  )
}

/**
 * The sessions in the order of their numbers. What stands beside them (questions, summaries, events) was not said.
 * @throws SOURCE_MALFORMED naming the session and the turn that has neither text nor picture.
 */
export function parseLocomo(name: string, conversation: Json): ParsedDocument {
  const times = new TimeReader()
  const turns = Object.keys(conversation)
    .flatMap(key => SESSION.exec(key)?.[1] ?? [])
    .sort((a, b) => Number(a) - Number(b))
    .flatMap(number => sessionTurns(name, conversation, number, times))
  const speakers = ['speaker_a', 'speaker_b'].flatMap(field => firstText(conversation, [field]) ?? [])
  return toConversation({
    title: speakers.length === 0 ? null : toStorable(speakers.join(' and ')),
    passages: toPassages(turns),
    warnings: times.warnings(),
  })
}

function sessionTurns(name: string, conversation: Json, number: string, times: TimeReader): Turn[] {
  const session = conversation[`session_${number}`]
  if (!Array.isArray(session)) return []
  const at = times.read(conversation[`session_${number}_date_time`], `session_${number}_date_time`)
  return session.map((turn: unknown, index) => {
    const text = isJson(turn) ? firstText(turn, ['text']) : null
    const caption = isJson(turn) ? firstText(turn, ['blip_caption']) : null
    if (!isJson(turn) || (text === null && caption === null && turn.text !== '')) {
      const place = `turn ${index + 1} of session_${number}`
      throw new HeirloomError('SOURCE_MALFORMED', `${name}: ${place} is not {speaker, dia_id, text}.`)
    }
    const content = withCaption(text ?? '', caption)
    return { content, author: firstText(turn, ['speaker']), at, label: firstText(turn, ['dia_id']) }
  })
}

/** A turn's text with what its picture shows, so that both can be recalled. */
function withCaption(text: string, caption: string | null): string {
  return caption === null ? text : `${text} [shares: ${caption}]`
}
