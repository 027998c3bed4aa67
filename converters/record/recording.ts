/** What a recording writes to: the draft of a graph, and which tfjs tensor is which value of it.
 *  Lowerings see only this class and `Recorded` values. */
import type { DataId, DataType, TensorInfo } from '@tensorflow/tfjs-core'
import { RoentgenError } from '../../errors.ts'
import { Draft } from '../graph/draft.ts'
import type { Attributes, Constant, DType } from '../graph/graph.ts'
import { DTYPE_NUMBERS, type OperatorName } from '../graph/operators.ts'

/** A tensor of tfjs while it is recorded: the graph's name for it, and tfjs's own shape and type. */
export interface Recorded {
  value: string
  shape: number[]
  dtype: DataType
}

/** Values that tfjs can read on the host: weights and constants. */
export type HostValues = Float32Array | Int32Array | Uint8Array

/** tfjs's dtype of a graph dtype; films are uint8 in the graph and int32 in tfjs. */
const TFJS_DTYPES: Readonly<Record<DType, DataType>> = {
  float32: 'float32',
  float16: 'float32',
  int32: 'int32',
  int64: 'int32',
  uint8: 'int32',
  bool: 'bool',
}

/** Operators that take films as bytes, since they move or convert them; for all others they are counted in int32. */
const MOVES_BYTES: ReadonlySet<OperatorName> = new Set([
  'Cast',
  'Gather',
  'Identity',
  'Reshape',
  'Slice',
  'Transpose',
])

/** Weights in ONNX's layout, made once however often they are recorded; keyed by tensor, then by layout. */
export type LayoutCache = WeakMap<DataId, Map<string, Constant>>

export class Recording {
  readonly draft = new Draft()
  /** Names of weights, by their tensor, for readable graphs. */
  readonly #weightNames: ReadonlyMap<DataId, string>
  /** The node of a GraphModel that runs. */
  readonly #running: () => string | undefined
  readonly #layouts: LayoutCache
  readonly #read: (id: DataId) => HostValues
  readonly #values = new WeakMap<DataId, string>()
  readonly #layoutNames = new WeakMap<DataId, Map<string, string>>()
  readonly #scopes: string[] = []
  #failed: string | undefined

  constructor(options: {
    weightNames: ReadonlyMap<DataId, string>
    running?: (() => string | undefined) | undefined
    layouts: LayoutCache
    read: (id: DataId) => HostValues
  }) {
    this.#weightNames = options.weightNames
    this.#running = options.running ?? (() => undefined)
    this.#layouts = options.layouts
    this.#read = options.read
  }

  /** Runs `body` with its nodes named after `layer`. */
  scoped<T>(layer: string, body: () => T): T {
    this.#scopes.push(layer)
    try {
      return body()
    } catch (error) {
      this.#failed ??= layer
      throw error
    } finally {
      this.#scopes.pop()
    }
  }

  /** The layer or node that is recorded, or that failed; the model where there is none. */
  get place(): string {
    return this.#failed ?? this.#scope ?? 'the model'
  }

  get #scope(): string | undefined {
    return this.#scopes.at(-1) ?? this.#running()
  }

  /** Binds a tensor to a value of the graph. */
  bind(id: DataId, value: string): void {
    this.#values.set(id, value)
  }

  /** The value of the graph that a tensor is, named after the layer and operation that write it. */
  valueOf(id: DataId): string | undefined {
    return this.#values.get(id)
  }

  /** A tensor as a lowering sees it; a weight or constant becomes a constant of the graph when it is first used. */
  recorded({ dataId, shape, dtype }: TensorInfo): Recorded {
    const known = this.#values.get(dataId)
    if (known !== undefined) return { value: known, shape, dtype }
    const constant = this.layout(dataId, `as it is, [${shape}]`, () => ({
      ...toConstant(this.#read(dataId), dtype, this.place),
      shape,
    }))
    return { value: constant, shape, dtype }
  }

  /** A constant that a lowering has computed itself, or anything else that can be written at once. */
  float(values: readonly number[] | Float32Array, shape: readonly number[], what: string): string {
    return this.constant({ dtype: 'float32', shape, data: Float32Array.from(values) }, what)
  }

  int32(values: readonly number[] | Int32Array, shape: readonly number[], what: string): string {
    return this.constant({ dtype: 'int32', shape, data: Int32Array.from(values) }, what)
  }

  bool(values: readonly boolean[], shape: readonly number[], what: string): string {
    return this.constant({ dtype: 'bool', shape, data: Uint8Array.from(values, Number) }, what)
  }

  /** The values of a tensor that does not depend on the model's input; undefined for one that is computed. */
  hostValues({ dataId, dtype }: TensorInfo): HostValues | undefined {
    const value = this.#values.get(dataId)
    if (value === undefined) return numbersOf(this.#read(dataId), dtype)
    return this.draft.constants.get(value)?.data as HostValues | undefined
  }

  /** A weight in another layout, as a constant that is made once.
   *  @param key  names the layout: `OIHW` */
  layout(id: DataId, key: string, make: () => Constant): string {
    const names = getOrMake(this.#layoutNames, id, () => new Map<string, string>())
    const known = names.get(key)
    if (known !== undefined) return known
    const made = getOrMake(
      getOrMake(this.#layouts, id, () => new Map<string, Constant>()),
      key,
      make,
    )
    const weight = this.#weightNames.get(id) ?? this.#constantName(id)
    const name = this.draft.constant(weight ?? this.#scopedName('constant'), made)
    names.set(key, name)
    return name
  }

  /** The constant that a tensor became, e.g. a weight in another shape. */
  #constantName(id: DataId): string | undefined {
    const value = this.#values.get(id)
    return value !== undefined && this.draft.constants.has(value) ? value : undefined
  }

  add(op: OperatorName, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.draft.add(op, this.#operands(op, inputs), attributes, this.#scopedName(op))
  }

  /** A node with `count` outputs. */
  addAll(
    op: OperatorName,
    inputs: readonly string[],
    attributes: Attributes,
    count: number,
  ): readonly string[] {
    return this.draft.addAll(op, this.#operands(op, inputs), attributes, count, this.#scopedName(op))
  }

  #operands(op: OperatorName, inputs: readonly string[]): readonly string[] {
    return MOVES_BYTES.has(op) ? inputs : inputs.map((value) => this.#counted(value))
  }

  /** A weight stays a weight in its new shape, e.g. the filter of a one-dimensional convolution, which gains an axis. */
  reshape(value: string, shape: readonly number[]): string {
    const { constants } = this.draft
    const constant = constants.get(value)
    if (constant === undefined) return this.add('Reshape', [value, this.integers(shape, 'shape')])
    const isThat = (other: Constant): boolean =>
      other.data === constant.data && String(other.shape) === String(shape)
    const known = [...constants].find(([, other]) => isThat(other))
    return known?.[0] ?? this.draft.constant(value, { ...constant, shape })
  }

  /** A film of bytes as the int32 that tfjs takes it for; other values as they are. */
  #counted(value: string): string {
    if (value === '') return value
    if (this.draft.typeOf(value).dtype !== 'uint8') return value
    return this.draft.add('Cast', [value], { to: DTYPE_NUMBERS.int32 }, this.#scopedName('Cast'))
  }

  integers(values: readonly number[], what: string): string {
    return this.draft.integers(this.#scopedName(what), values)
  }

  /** @param like  the value whose dtype the scalar takes */
  scalar(value: number, what: string, like: string): string {
    const dtype = this.draft.typeOf(like).dtype === 'float32' ? 'float32' : 'int32'
    return this.draft.scalar(this.#scopedName(what), value, dtype)
  }

  constant(constant: Constant, what: string): string {
    return this.draft.constant(this.#scopedName(what), constant)
  }

  /** What tfjs is told about a value of the graph. */
  infoOf(value: string): { shape: number[]; dtype: DataType } {
    const { shape, dtype } = this.draft.typeOf(value)
    return { shape: shape.map(Number), dtype: TFJS_DTYPES[dtype] }
  }

  #scopedName(what: string): string {
    const scope = this.#scope
    return scope === undefined ? what : `${scope}/${what}`
  }
}

const toConstant = (values: HostValues, dtype: DataType, where: string): Constant => {
  if (dtype === 'int32') return { dtype: 'int32', shape: [], data: Int32Array.from(values) }
  if (dtype === 'bool') return { dtype: 'bool', shape: [], data: Uint8Array.from(values) }
  if (dtype !== 'float32')
    throw new RoentgenError('ROE_OP_UNSUPPORTED', {
      where,
      kernel: 'Const',
      detail: `a constant of ${dtype}`,
    })
  return { dtype: 'float32', shape: [], data: numbersOf(values, dtype) as Float32Array }
}

/** tfjs's cpu backend casts whole numbers to floats by calling them so: what lies in memory stays whole. */
const numbersOf = (values: HostValues, dtype: DataType): HostValues =>
  dtype === 'float32' && !(values instanceof Float32Array) ? Float32Array.from(values) : values

function getOrMake<K, V>(
  map: { get(key: K): V | undefined; set(key: K, value: V): unknown },
  key: K,
  make: () => V,
): V {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}
