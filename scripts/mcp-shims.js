/**
 * Stands in for the module by which the MCP SDK picks a JSON Schema validator. The server asks clients for nothing,
 * so it validates nothing of theirs; the SDK's validator would be a quarter of what it loads at its start.
 */
export { default as process } from 'node:process'

export class DefaultJsonSchemaValidator {
  getValidator() {
    throw new Error('Bug: this build has no JSON Schema validator')
  }
}
