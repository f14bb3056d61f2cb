import picocolors from 'picocolors'

type Colours = ReturnType<typeof picocolors.createColors>

/** What a renderer writes with. */
export interface Ink extends Colours {
  /** Columns to fill; endless where the output is not a terminal, so that programs get whole lines. */
  readonly width: number
}

/** Colours only on a terminal that wants them: not with `--no-color`, NO_COLOR or TERM=dumb. */
export function coloursFor(stream: NodeJS.WriteStream): Colours {
  const refused = process.env.NO_COLOR || process.env.TERM === 'dumb' || process.argv.includes('--no-color')
  return picocolors.createColors(Boolean(stream.isTTY) && !refused)
}

export function inkFor(stream: NodeJS.WriteStream): Ink {
  const width = stream.isTTY ? Math.max(stream.columns || 80, 40) : Number.POSITIVE_INFINITY
  return { ...coloursFor(stream), width }
}
