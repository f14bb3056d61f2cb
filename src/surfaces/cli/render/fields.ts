import { parseReceipt } from '../../../model/receipt.ts'
import type { Ink } from '../terminal.ts'
import { paragraph } from './layout.ts'

/** Any answer as `name: value` lines; what is empty is left out. */
export function renderFields(output: unknown, ink: Ink): string {
  return linesOf(withoutReceipt(output), '', ink).join('\n')
}

function linesOf(value: unknown, indent: string, ink: Ink): string[] {
  if (Array.isArray(value)) return value.flatMap(item => [`${indent}-`, ...linesOf(item, `${indent}  `, ink)])
  if (value === null || typeof value !== 'object') return [paragraph(String(value), indent, ink)]
  return Object.entries(value).flatMap(([name, part]) => {
    if (isEmpty(part)) return []
    const label = `${indent}${ink.dim(`${name.replaceAll('_', ' ')}:`)}`
    if (isShort(part)) return [`${label} ${Array.isArray(part) ? part.join(', ') : String(part)}`]
    return [label, ...linesOf(part, `${indent}  `, ink)]
  })
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return true
  return typeof value === 'object' && Object.keys(value).length === 0
}

function isShort(value: unknown): boolean {
  if (Array.isArray(value))
    return value.every(item => typeof item !== 'object' && !String(item).includes('\n'))
  return typeof value !== 'object' && !String(value).includes('\n')
}

/** It is told by itself, as the way back. */
function withoutReceipt(output: unknown): unknown {
  if (typeof output !== 'object' || output === null || !('receipt' in output)) return output
  const { receipt, ...rest } = output
  return typeof receipt === 'string' && parseReceipt(receipt) !== null ? rest : output
}
