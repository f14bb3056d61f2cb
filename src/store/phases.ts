/**
 * Where the time of a recall goes: each phase is told as it begins, and lasts until the next one begins or the answer is
 * there. A phase may come more than once. While nobody subscribes to the channel this costs nothing; who does reads the
 * clock, and asks one thing at a time, since calls are not told apart.
 */
import { channel } from 'node:diagnostics_channel'

export const PHASES = [
  'analysis',
  'embedding',
  'keyword',
  'dense',
  'neighbours',
  'ranking',
  'fetching',
] as const

export type Phase = (typeof PHASES)[number]

/** The name under which `node:diagnostics_channel` tells them. */
export const PHASE_CHANNEL = 'heirloom:recall:phase'

const phases = channel(PHASE_CHANNEL)

export function beginPhase(phase: Phase): void {
  if (phases.hasSubscribers) phases.publish(phase)
}
