/** Remedies are written for the command line; an agent is told the tool that does the same. */
import type { Profile } from './instructions.ts'
import { ADMIN_OPERATIONS, toolCards } from './tools.ts'

/** Commands for people: an agent cannot run these on the store that it has open. */
const FOR_PEOPLE = new Set(['init', 'doctor'])

export function toToolTalk(text: string, profile: Profile): string {
  return text.replace(
    // What the user is to be asked for stays as the user would write it.
    /(?<!user to run: )heirloom ([a-z]+)( [0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}| r\d+-\d+-[0-9a-f]{12})?/g,
    (command, name: string, id?: string) => {
      const about = id === undefined ? {} : { [id.startsWith(' r') ? 'receipt' : 'id']: id.trim() }
      if (toolCards(profile).has(name))
        return id === undefined ? `the tool ${name}` : `${name} ${JSON.stringify(about)}`
      if (
        profile.readOnly ||
        FOR_PEOPLE.has(name) ||
        !ADMIN_OPERATIONS.some(operation => operation.name === name)
      )
        return command
      return `admin ${JSON.stringify({ operation: name, ...(id === undefined ? {} : { arguments: about }) })}`
    },
  )
}
