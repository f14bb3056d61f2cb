/**
 * The numbers of a Model2Vec model: a row a token, a weight a token where the model has weights, and where tokens
 * share rows a mapping from tokens to rows. All of them are views of the file's bytes.
 */
import { type Dtype, type Tensor, type TensorFile, unsound } from './safetensors.ts'

export interface Table {
  readonly dimensions: number
  /** Adds the weighted rows of tokens to a sum. The ids must be below the vocabulary that the table was read for. */
  addTo(sum: Float64Array, ids: readonly number[]): void
}

interface Source extends TensorFile {
  readonly path: string
}

/** Larger weights are no weights, and their sums would leave a double's range. */
const LARGEST_WEIGHT = 1e100

/**
 * @param vocabulary how many tokens the tokenizer has.
 * @throws EMBEDDER_UNAVAILABLE naming the file and the tensor that does not fit.
 */
export function toTable(file: TensorFile, path: string, vocabulary: number): Table {
  const source = { ...file, path }
  const embeddings = mustHave(source, 'embeddings', ['I8', 'F16', 'F32'])
  const [rows = 0, dimensions = 0] = embeddings.shape
  if (embeddings.shape.length !== 2 || rows === 0 || dimensions === 0)
    throw unsound(path, `has embeddings of the shape [${embeddings.shape}]: rows and dimensions are wanted`)
  const mapping = mappingOf(source, { rows, vocabulary })
  if (mapping === null && rows !== vocabulary)
    throw unsound(path, `has ${rows} embeddings, and the tokenizer knows ${vocabulary} tokens`)
  const weights = weightsOf(source, vocabulary)
  const addRow = rowAdder(source, embeddings, dimensions)
  return {
    dimensions,
    addTo: (sum, ids) => {
      for (const id of ids)
        addRow(sum, mapping === null ? id : mapping[id]!, weights === null ? 1 : weights[id]!)
    },
  }
}

function mustHave(source: Source, name: string, accepted: readonly Dtype[]): Tensor {
  const tensor = source.tensors.get(name)
  if (tensor === undefined) {
    const there = [...source.tensors.keys()].slice(0, 5).join(', ') || 'none'
    throw unsound(source.path, `is no Model2Vec model: it has no tensor "${name}" (its tensors: ${there})`)
  }
  return mustBeOf(source, { name, tensor, accepted })
}

interface Checked {
  readonly name: string
  readonly tensor: Tensor
  readonly accepted: readonly Dtype[]
}

function mustBeOf(source: Source, { name, tensor, accepted }: Checked): Tensor {
  if (accepted.includes(tensor.dtype)) return tensor
  throw unsound(source.path, `has ${name} of the type ${tensor.dtype}; known are ${accepted.join(', ')}`)
}

type Numbers = Int8Array | Float32Array

type RowAdder = (sum: Float64Array, row: number, weight: number) => void

function rowAdder(source: Source, tensor: Tensor, dimensions: number): RowAdder {
  const name = 'embeddings'
  if (tensor.dtype === 'F16') return halfRowAdder(halvesOf(source, name, tensor), dimensions)
  const table: Numbers =
    tensor.dtype === 'I8' ? new Int8Array(...viewOf(source, tensor, 1)) : floatsOf(source, name, tensor)
  return (sum, row, weight) => {
    const start = row * dimensions
    for (let i = 0; i < dimensions; i++) sum[i] = sum[i]! + table[start + i]! * weight
  }
}

function halfRowAdder(table: Uint16Array, dimensions: number): RowAdder {
  const values = halfValues()
  return (sum, row, weight) => {
    const start = row * dimensions
    for (let i = 0; i < dimensions; i++) sum[i] = sum[i]! + values[table[start + i]!]! * weight
  }
}

/** The value of every half-precision number by its bits: looking one up is faster than computing it. */
function halfValues(): Float32Array {
  return Float32Array.from({ length: 0x10000 }, (_, bits) => {
    const sign = bits & 0x8000 ? -1 : 1
    const exponent = (bits >> 10) & 0x1f
    const fraction = bits & 0x3ff
    if (exponent === 0) return (sign * fraction) / 2 ** 24
    if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
    return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
  })
}

const HALF_EXPONENT = 0x7c00

function halvesOf(source: Source, name: string, tensor: Tensor): Uint16Array {
  const halves = new Uint16Array(...viewOf(source, tensor, 2))
  if (halves.some(bits => (bits & HALF_EXPONENT) === HALF_EXPONENT)) throw notFinite(source, name)
  return halves
}

function floatsOf(source: Source, name: string, tensor: Tensor): Float32Array {
  const floats = new Float32Array(...viewOf(source, tensor, 4))
  if (!floats.every(Number.isFinite)) throw notFinite(source, name)
  return floats
}

function notFinite({ path }: Source, name: string): Error {
  return unsound(path, `has ${name} that are not finite numbers`)
}

/** Where numbers of a size lie. Those that are not aligned, behind others of an odd length, are copied. */
function viewOf({ data }: Source, { start, end }: Tensor, size: number): [ArrayBuffer, number, number] {
  const count = (end - start) / size
  return start % size === 0 ? [data, start, count] : [data.slice(start, end), 0, count]
}

function weightsOf(source: Source, vocabulary: number): Float32Array | Float64Array | null {
  const name = 'weights'
  const tensor = source.tensors.get(name)
  if (tensor === undefined) return null
  mustBeOf(source, { name, tensor, accepted: ['F16', 'F32', 'F64'] })
  mustBeAToken(source, { name, tensor, vocabulary })
  const weights = numbersOf(source, name, tensor)
  if (!weights.every(weight => Math.abs(weight) <= LARGEST_WEIGHT)) throw notFinite(source, name)
  return weights
}

function numbersOf(source: Source, name: string, tensor: Tensor): Float32Array | Float64Array {
  if (tensor.dtype === 'F64') return new Float64Array(...viewOf(source, tensor, 8))
  if (tensor.dtype === 'F32') return floatsOf(source, name, tensor)
  const values = halfValues()
  return Float32Array.from(halvesOf(source, name, tensor), bits => values[bits]!)
}

interface OneAToken {
  readonly name: string
  readonly tensor: Tensor
  readonly vocabulary: number
}

function mustBeAToken({ path }: Source, { name, tensor, vocabulary }: OneAToken): void {
  if (tensor.shape.length === 1 && tensor.shape[0] === vocabulary) return
  throw unsound(
    path,
    `has ${name} of the shape [${tensor.shape}], and the tokenizer knows ${vocabulary} tokens`,
  )
}

/** The row of each token; null where a token's row is its own number. */
function mappingOf(
  source: Source,
  { rows, vocabulary }: { readonly rows: number; readonly vocabulary: number },
): Int32Array | null {
  const name = 'mapping'
  const tensor = source.tensors.get(name)
  if (tensor === undefined) return null
  mustBeOf(source, { name, tensor, accepted: ['I64', 'I32'] })
  mustBeAToken(source, { name, tensor, vocabulary })
  const wide = tensor.dtype === 'I64' ? new BigInt64Array(...viewOf(source, tensor, 8)) : null
  // Numbers beyond the rows are refused next, so what a conversion makes of the largest does not matter.
  const mapping =
    wide === null ? new Int32Array(...viewOf(source, tensor, 4)) : Float64Array.from(wide, Number)
  if (!mapping.every(row => row >= 0 && row < rows))
    throw unsound(source.path, `has a mapping that leads beyond its ${rows} embeddings`)
  return mapping instanceof Int32Array ? mapping : Int32Array.from(mapping)
}
