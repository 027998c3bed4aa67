/** ONNX Runtime (1.30) merges a Pad of zeros into the pool behind it, where padding counts as -infinity to a maximum:
 *  other numbers, and no session at all where the padding is as wide as the window. It leaves a Pad of anything else
 *  alone, so what is padded is the least positive normal number instead. (Pads before a Conv are merged rightly.)
 *  @source https://github.com/microsoft/onnxruntime/pull/18136 */
import type { Rule } from './rule.ts'

/** FLT_MIN; no result of float32 arithmetic on values of use tells it from 0. */
const ALMOST_ZERO = 2 ** -126

export const keepPads: Rule = {
  name: 'keep-pads',
  describe: 'MaxPool(Pad(x, 0)) -> MaxPool(Pad(x, 2^-126)), AveragePool likewise',
  apply(node, to) {
    if (node.op !== 'MaxPool' && node.op !== 'AveragePool') return undefined
    const pad = to.producer(node.inputs[0])
    if (pad?.op !== 'Pad') return undefined
    const [x, pads, fill] = pad.inputs as [string, string, string?]
    if (fill !== undefined && Number(to.constant(fill)?.data[0]) !== 0)
      return { refused: 'it pads with something else than 0' }
    const data = Float32Array.of(ALMOST_ZERO)
    const almost = to.newConstant(`${pad.name}/fill`, { dtype: 'float32', shape: [], data })
    const padded = to.add({ ...pad, name: `${pad.name}/kept` }, 'Pad', [x, pads, almost], pad.attributes)
    return { value: to.add(node, node.op, [padded], node.attributes) }
  },
}
