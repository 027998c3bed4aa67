/** LayersModels at random out of the table of layers: branches and joins, layers that are called twice, models in models,
 *  several inputs and outputs. No draw is thrown away: a layer that fits nothing so far gets an input of its own. */
import * as tfl from '@tensorflow/tfjs-layers'
import fc from 'fast-check'
import { type CaseInput, type Factory, floats, type LayerCase, type Symbols } from './case.ts'
import { makeLayer, sourcesOf } from './models.ts'
import { LAYERS } from './table.ts'

type Symbol = tfl.SymbolicTensor

/** How a layer stands in its model. */
const MANNERS = ['plain', 'plain', 'called twice', 'in a model', 'joined'] as const

interface Step {
  factory: Factory
  /** Which of its cases, and which of the tensors that fit. */
  draw: number
  manner: (typeof MANNERS)[number]
}

const converts = (name: Factory): readonly LayerCase<unknown>[] =>
  (LAYERS[name] as readonly LayerCase<unknown>[]).filter(({ refused }) => refused === undefined)

/** Every factory that converts in some case. */
export const FACTORIES = (Object.keys(LAYERS) as Factory[]).filter((name) => converts(name).length > 0)

const step: fc.Arbitrary<Step> = fc.record({
  factory: fc.constantFrom(...FACTORIES),
  draw: fc.nat(1000),
  manner: fc.constantFrom(...MANNERS),
})

export const randomModels = fc.record({
  steps: fc.array(step, { minLength: 2, maxLength: 6, size: 'max' }),
  seed: fc.integer({ min: 1, max: 100_000 }),
})

export interface RandomModel {
  model: tfl.LayersModel
  /** As the model has them. */
  inputs: CaseInput[]
}

/** The most outputs of a model. */
const OUTPUTS = 3

export function buildRandom(steps: readonly Step[]): RandomModel {
  const made = new Made()
  for (const one of steps) made.add(one)
  const outputs = made.leaves().slice(-OUTPUTS)
  const inputs = sourcesOf(outputs, [...made.inputs.keys()])
  const model = tfl.model({ inputs, outputs })
  return {
    model,
    inputs: inputs.map((symbol) => made.inputs.get(symbol) ?? floats(...(symbol.shape.slice(1) as number[]))),
  }
}

const isIn = (symbol: Symbol, { shape, dtype }: CaseInput): boolean =>
  symbol.dtype === dtype && String(symbol.shape.slice(1)) === String(shape)

class Made {
  readonly inputs = new Map<Symbol, CaseInput>()
  /** Floats that a layer gave; whole numbers and what would be read as such come from inputs alone. */
  readonly #given: Symbol[] = []
  readonly #read = new Set<Symbol>()

  add({ factory, draw, manner }: Step): void {
    const cases = converts(factory)
    const row = cases[draw % cases.length]!
    const fitting = row.isAlone === true ? [] : this.#fitting(row, draw)
    const outputs = attempt(() => place(factory, row, fitting, manner)) ?? this.#alone(factory, row, manner)
    for (const symbol of outputs.from) this.#read.add(symbol)
    this.#given.push(...outputs.given)
    if (manner === 'joined') this.#join(draw)
  }

  /** What nothing reads. */
  leaves(): Symbol[] {
    return this.#given.filter((symbol) => !this.#read.has(symbol))
  }

  /** For each input of a case a tensor: of the same shape where the case has several, of the same rank where it has one.
   *  Never one for two: tfjs itself gives it back too early then ("Tensor is disposed"). */
  #fitting({ inputs }: LayerCase<unknown>, draw: number): Symbol[] {
    const chosen: Symbol[] = []
    for (const input of inputs) {
      const all = this.#given.filter((symbol) =>
        inputs.length === 1
          ? input.dtype === 'float32' && symbol.shape.length === input.shape.length + 1
          : isIn(symbol, input) && !chosen.includes(symbol),
      )
      chosen.push(all[draw % Math.max(1, all.length)] ?? this.#input(input))
    }
    return chosen
  }

  #input(input: CaseInput): Symbol {
    const symbol = tfl.input({ shape: [...input.shape], dtype: input.dtype })
    this.inputs.set(symbol, input)
    return symbol
  }

  #alone(factory: Factory, row: LayerCase<unknown>, manner: Step['manner']): Placed {
    const inputs = row.inputs.map((input) => this.#input(input))
    return place(factory, row, inputs, manner)
  }

  /** Two tensors become one: added where they are alike, else flattened and put after each other. */
  #join(draw: number): void {
    const [a, b] = [this.#given.at(-1)!, this.#given[draw % this.#given.length]!]
    // tfjs flattens nothing of a size that it does not know, though a Reshape leaves it one.
    if (a === b || [a, b].some(({ shape }) => shape.slice(1).includes(null))) return
    const isSame = String(a.shape) === String(b.shape)
    const flat = (symbol: Symbol): Symbol =>
      symbol.shape.length > 2 ? (tfl.layers.flatten().apply(symbol) as Symbol) : symbol
    const joined = isSame
      ? tfl.layers.average().apply([a, b])
      : tfl.layers.concatenate().apply([flat(a), flat(b)])
    this.#read.add(a).add(b)
    this.#given.push(joined as Symbol)
  }
}

interface Placed {
  from: readonly Symbol[]
  given: Symbol[]
}

/** undefined where the layer does not fit: a window wider than its map, an axis that is not there. */
function attempt(work: () => Placed): Placed | undefined {
  try {
    const placed = work()
    const fits = placed.given.every(({ shape }) => shape.slice(1).every((size) => size === null || size > 0))
    return fits && placed.from.length > 0 ? placed : undefined
  } catch {
    return undefined
  }
}

function place(
  factory: Factory,
  row: LayerCase<unknown>,
  from: readonly Symbol[],
  manner: Step['manner'],
): Placed {
  const shape = from[0]?.shape.slice(1) as number[]
  const layer = makeLayer(factory, shape === undefined ? row : { ...row, inputs: [floats(...shape)] })
  const call = (symbols: Symbol[]): Symbol[] =>
    [
      (row.call?.(layer, symbols) ?? layer.apply(symbols.length === 1 ? symbols[0]! : symbols)) as Symbols,
    ].flat()
  const isPlain = factory === 'inputLayer' || row.isAlone === true || from.length > 1
  if (isPlain || manner === 'plain' || manner === 'joined') return { from, given: call([...from]) }
  // A cell is built by each layer that is made around it.
  if (manner === 'called twice' && row.call === undefined) {
    const other = tfl.layers.activation({ activation: 'tanh' }).apply(from[0]!) as Symbol
    return { from, given: [...call([...from]), ...call([other])] }
  }
  const inner = tfl.input({ shape, dtype: from[0]!.dtype })
  const model = tfl.model({ inputs: inner, outputs: call([inner]) })
  return { from, given: [model.apply(from[0]!) as Symbols].flat() }
}
