/** Kernels that move elements without computing: shapes, axes, pads, joins. */
import { util } from '@tensorflow/tfjs-core'
import type { Lowering } from './kernel.ts'

const reshape: Lowering<'Reshape'> = ({ tensors, attrs, to }) => {
  const { value } = to.recorded(tensors.x)
  const shape = util.inferFromImplicitShape(attrs.shape, util.sizeFromShape(tensors.x.shape))
  return to.reshape(value, shape)
}

const transpose: Lowering<'Transpose'> = ({ tensors, attrs, to }) =>
  to.add('Transpose', [to.recorded(tensors.x).value], { perm: attrs.perm })

const concat: Lowering<'Concat'> = ({ tensors, attrs, to }) => {
  const values = Object.values(tensors).map((tensor) => to.recorded(tensor).value)
  return to.add('Concat', values, { axis: attrs.axis })
}

const pad: Lowering<'PadV2'> = ({ tensors, attrs, to }) => {
  const { value } = to.recorded(tensors.x)
  const pads = [...attrs.paddings.map(([before]) => before), ...attrs.paddings.map(([, after]) => after)]
  return to.add('Pad', [value, to.integers(pads, 'pads'), to.scalar(attrs.constantValue, 'fill', value)], {
    mode: 'constant',
  })
}

/** Gather with falling indices: ONNX has no operator that reverses an axis. */
const reverse: Lowering<'Reverse'> = ({ tensors, attrs, to }) => {
  const { value, shape } = to.recorded(tensors.x)
  const axes = util.parseAxisParam(attrs.dims, shape)
  return axes.reduce((x, axis) => {
    const length = shape[axis] ?? 1
    const falling = to.integers(
      Array.from({ length }, (_, i) => length - 1 - i),
      'reversed',
    )
    return to.add('Gather', [x, falling], { axis })
  }, value)
}

export const ARRAY = { Concat: concat, PadV2: pad, Reshape: reshape, Reverse: reverse, Transpose: transpose }
