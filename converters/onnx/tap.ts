/** Gives a model more outputs: values of inside, as float32. Protobuf joins the parts of a message, so a few bytes behind
 *  the file say it, and the weights are not decoded, changed or held twice. */
import { create, toBinary } from '@bufbuild/protobuf'
import { RoentgenError } from '../../errors.ts'
import {
  AttributeProto_AttributeType,
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  TensorProto_DataType,
} from './generated/onnx_pb.ts'
import type { DecodedModel } from './header.ts'

/** `as-is`: in its own shape. `flat`: [N, all of a film]. `mean`: [N, channels], the mean over all places of a map, whose
 *  channels come second (NCHW); what is [N, channels] already stays as it is. */
type TapShape = 'as-is' | 'flat' | 'mean'

export interface Tap {
  /** The name of a value in the graph. */
  value: string
  shape: TapShape
}

/** The name of the output that a tap becomes. */
export const tapName = (index: number): string => `roentgen:tap${index}`

/** @param bytes  of an ONNX file   @returns the model with an output for each tap, behind its own, in their order */
export function withTaps(bytes: Uint8Array, taps: readonly Tap[]): Uint8Array {
  const graph = create(GraphProtoSchema, {
    node: taps.flatMap(nodesOf),
    initializer: [
      { name: PLACES, dataType: TensorProto_DataType.INT64, dims: [3n], int64Data: [0n, 0n, -1n] },
    ],
    output: taps.map((_, i) => ({ name: tapName(i) })),
  })
  return Buffer.concat([bytes, toBinary(ModelProtoSchema, create(ModelProtoSchema, { graph }))])
}

const PLACES = 'roentgen:places'

/** Operators that mean the same in every opset, chained. */
const STEPS: Readonly<Record<TapShape, readonly (readonly [op: string, ...constants: string[]])[]>> = {
  'as-is': [['Cast']],
  flat: [['Cast'], ['Flatten']],
  mean: [['Cast'], ['Reshape', PLACES], ['GlobalAveragePool'], ['Flatten']],
}

function nodesOf({ value, shape }: Tap, index: number) {
  const steps = STEPS[shape]
  const name = (step: number) => (step === steps.length - 1 ? tapName(index) : `${tapName(index)}:${step}`)
  return steps.map(([opType, ...constants], step) => ({
    opType,
    name: name(step),
    input: [step === 0 ? value : name(step - 1), ...constants],
    output: [name(step)],
    attribute: opType === 'Cast' ? [TO_FLOAT] : [],
  }))
}

const TO_FLOAT = {
  name: 'to',
  type: AttributeProto_AttributeType.INT,
  i: BigInt(TensorProto_DataType.FLOAT),
}

/** What comes before the Softmax or Sigmoid that the first output of a model ends in.
 *  @returns the name of the value; where it ends otherwise, in which operator */
export function beforeActivation({ graph }: DecodedModel): { value: string } | { endsIn: string } {
  let node = producerOf(graph.node, graph.output[0]?.name)
  while (node !== undefined && ['Cast', 'Identity'].includes(node.opType))
    node = producerOf(graph.node, node.input[0])
  const [value] = node?.input ?? []
  const isActivation = node !== undefined && ['Softmax', 'Sigmoid'].includes(node.opType)
  return isActivation && value !== undefined ? { value } : { endsIn: node?.opType ?? 'nothing' }
}

const producerOf = (nodes: readonly NodeProto[], value: string | undefined): NodeProto | undefined =>
  nodes.find(({ output }) => value !== undefined && output.includes(value))

/** The value that a user calls by its name, or by that of the node that gives it.
 *  @throws ROE_OPTION with the names most like it */
export function valueNamed({ graph }: DecodedModel, name: string, where: string): string {
  if (graph.node.some(({ output }) => output.includes(name))) return name
  const [value] = graph.node.find((node) => node.name === name)?.output ?? []
  if (value !== undefined) return value
  const names = graph.node.flatMap((node) => [node.name, ...node.output]).filter((one) => one !== '')
  const near = mostAlike(name, [...new Set(names)])
  throw new RoentgenError('ROE_OPTION', {
    where,
    expected: `the name of a node or value in the model, such as ${near.join(', ')}`,
    received: name,
  })
}

const SHOWN = 5

/** The names that share most groups of three letters with a word; of equals the last, which lie nearest to the output. */
function mostAlike(word: string, names: readonly string[]): string[] {
  const groups = (text: string) =>
    new Set([...text.toLowerCase()].map((_, i, all) => all.slice(i, i + 3).join('')))
  const wanted = groups(word)
  const shared = (name: string) => [...groups(name)].filter((group) => wanted.has(group)).length
  const scored = names.map((name) => ({ name, shared: shared(name) })).reverse()
  return scored
    .sort((a, b) => b.shared - a.shared)
    .slice(0, SHOWN)
    .map(({ name }) => name)
}
