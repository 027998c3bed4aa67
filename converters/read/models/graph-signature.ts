/** What a GraphModel takes and gives: as its signature says (that of TensorFlow's SavedModel, `serving_default`), else its
 *  placeholders, and the nodes that no other reads. */
import type * as tf from '@tensorflow/tfjs-core'
import { z } from 'zod'
import { RoentgenError } from '../../../errors.ts'
import type { RecordInput } from '../../record/record.ts'
import { firstIssue } from '../manifest.ts'
import { unique } from './layers-model.ts'

const tensorInfo = z.object({
  name: z.string().optional(),
  dtype: z.unknown().optional(),
  tensorShape: z
    .object({
      dim: z.array(z.object({ size: z.union([z.string(), z.number()]) })).optional(),
      unknownRank: z.boolean().optional(),
    })
    .nullish(),
  resourceId: z.unknown().optional(),
})
type TensorInfo = z.infer<typeof tensorInfo>

const signatureJson = z.object({
  inputs: z.record(z.string(), tensorInfo).nullish(),
  outputs: z.record(z.string(), tensorInfo).nullish(),
})

/** Older files keep the signature, and names of outputs, among what their user defined; tfjs looks there first. */
const graphJson = z.object({
  signature: signatureJson.nullish(),
  userDefinedMetadata: z
    .object({ signature: signatureJson.nullish(), structuredOutputKeys: z.array(z.string()).nullish() })
    .nullish()
    .catch(undefined),
  modelInitializer: z
    .object({ node: z.array(z.object({ name: z.string(), op: z.string() })).optional() })
    .nullish(),
})

/** What tfjs says of a model that it has loaded. */
export interface LoadedGraph {
  inputs: readonly { name: string; shape?: number[] | undefined; dtype?: string | undefined }[]
  outputs: readonly { name: string }[]
}

export interface Signature {
  inputs: readonly RecordInput[]
  /** Names by which tfjs takes and gives the tensors, in the order of `inputs` and `outputs`. */
  inputKeys: readonly string[]
  outputs: readonly string[]
  outputKeys: readonly string[]
}

/** Refuses tables that an initializer fills before the model runs. @throws ROE_LAYER_UNSUPPORTED with the node */
export function requireNoInitializer(json: unknown): void {
  const [first, ...rest] = parsed(json).modelInitializer?.node ?? []
  if (first === undefined) return
  const { name, op } = [first, ...rest].find((node) => /Table/.test(node.op)) ?? first
  const what = `operation '${op}' (it fills a table before the model runs)`
  throw new RoentgenError('ROE_LAYER_UNSUPPORTED', { where: `node '${name}'`, what })
}

/** @param json  the model's   @param nodes  of its graph   @throws Error of one line */
export function signatureOf(
  json: unknown,
  { inputs, outputs }: LoadedGraph,
  nodes: readonly { name: string; op: string }[],
): Signature {
  const { signature: own, userDefinedMetadata } = parsed(json)
  const signature = userDefinedMetadata?.signature ?? own ?? {}
  const operations = new Map(nodes.map(({ name, op }) => [name, op]))
  // What has a default keeps it (Keras' learning phase), where no signature names it.
  const fed = inputs.filter(({ name }) => operations.get(name) !== 'PlaceholderWithDefault')
  const takes = entriesOf('input', signature.inputs, fed, operations)
  const gives = entriesOf('output', signature.outputs, outputs, operations)
  const read = takes.map(({ key, node, info }) =>
    inputOf(plain(key), inputs.find(({ name }) => name === node) ?? {}, info),
  )
  const keys = gives.map(({ key }) => key)
  const words = userDefinedMetadata?.structuredOutputKeys
  return {
    inputs: read,
    inputKeys: takes.map(({ key }) => key),
    outputs: unique(
      (words?.length === keys.length ? words : keys).map(plain),
      read.map(({ name }) => name),
    ),
    outputKeys: keys,
  }
}

interface Entry {
  /** By which tfjs knows the tensor. */
  key: string
  node: string
  info: TensorInfo
}

/** @param otherwise  where the signature has none   @throws Error for nodes that are not there */
function entriesOf(
  is: string,
  signature: Record<string, TensorInfo> | null | undefined,
  otherwise: readonly { name: string }[],
  operations: ReadonlyMap<string, string>,
): Entry[] {
  const entries = Object.entries(signature ?? {})
  if (entries.length === 0) return otherwise.map(({ name }) => ({ key: name, node: name, info: {} }))
  return entries.map(([key, info]) => {
    const where = `${is} '${key}' of its signature`
    if (info.resourceId !== undefined && info.resourceId !== null)
      throw new Error(`${where} is a table or a variable, which is not converted`)
    const node = (info.name ?? '').replace(/:\d+$/, '')
    if (!operations.has(node)) throw new Error(`${where} is node '${node}', which the graph does not have`)
    return { key, node, info }
  })
}

function parsed(json: unknown): z.infer<typeof graphJson> {
  const { success, data, error } = graphJson.safeParse(json)
  if (!success) throw new Error(`it is no GraphModel: ${firstIssue(error)}`)
  return data
}

/** `MatMul:0` is the first output of MatMul. */
const plain = (name: string): string => name.replace(/:0$/, '')

/** TensorFlow's types by name and by number, as files have them. */
const TYPES: Readonly<Record<string, tf.DataType>> = {
  DT_FLOAT: 'float32',
  1: 'float32',
  DT_INT32: 'int32',
  3: 'int32',
}

/** The node's own words, else those of the signature. */
function inputOf(name: string, node: Partial<LoadedGraph['inputs'][number]>, info: TensorInfo): RecordInput {
  const said = node.dtype ?? TYPES[String(info.dtype)] ?? String(info.dtype ?? 'unknown')
  if (said !== 'float32' && said !== 'int32')
    throw new Error(`input '${name}' is of type ${said}, which is not converted`)
  const shape = node.shape ?? shapeOf(info)
  if (shape === undefined) throw new Error(`input '${name}' has no shape in the file`)
  return { name, dtype: said, shape: shape.map((size) => (size < 0 ? null : size)) }
}

function shapeOf({ tensorShape }: TensorInfo): number[] | undefined {
  if (tensorShape === undefined || tensorShape === null || tensorShape.unknownRank === true) return undefined
  return (tensorShape.dim ?? []).map(({ size }) => Number(size))
}
