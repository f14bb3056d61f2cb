/** Which spaces there are is for a person to decide: a provider is sent all that is remembered. */
import { HeirloomError } from '../model/errors.ts'
import type { Context } from './operation.ts'

/** @throws ACCESS_DENIED with the command for the user. */
export function mustBePerson({ principal }: Context, command: string): void {
  if (principal.kind === 'person') return
  throw new HeirloomError(
    'ACCESS_DENIED',
    `Which models see what is remembered is for a person to decide. Ask the user to run: heirloom ${command}`,
  )
}
