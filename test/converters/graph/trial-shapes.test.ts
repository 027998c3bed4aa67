/** The shapes that an open graph is tried at. */
import { expect, test } from 'vitest'
import { Draft } from '../../../converters/graph/draft.ts'
import type { Graph, Shape } from '../../../converters/graph/graph.ts'
import { trialShapes } from '../../../converters/graph/trial-shapes.ts'

/** A pool of this size over films of this shape, channels first. */
function pooled(shape: Shape, size: number, stride: number): Graph {
  const to = new Draft()
  const x = to.input('x', { dtype: 'float32', shape })
  to.outputs = [to.add('MaxPool', [x], { kernel_shape: [size, size], strides: [stride, stride] })]
  return to.freeze()
}

test.each([
  ['two batches, where the batch is open', pooled(['N', 3, 8, 8], 2, 2), [[[1, 3, 8, 8]], [[3, 3, 8, 8]]]],
  ['one run, where nothing is', pooled([2, 3, 8, 8], 2, 2), [[[2, 3, 8, 8]]]],
  ['small films, even and odd', pooled(['N', 3, 'H', 'W'], 2, 2), [[[1, 3, 32, 34]], [[3, 3, 41, 45]]]],
  ['a batch that is a number', pooled([2, 3, 'H', 'W'], 2, 2), [[[2, 3, 32, 34]], [[2, 3, 41, 45]]]],
  ['films that leave two pixels', pooled(['N', 3, 'H', 9], 8, 60), [[[1, 3, 96, 9]], [[3, 3, 121, 9]]]],
  ['multiples', pooled(['N', 3, '16*H', '16*W'], 2, 2), [[[1, 3, 32, 64]], [[3, 3, 80, 112]]]],
])('%s', (_, graph, shapes) => {
  expect(trialShapes(graph)).toEqual(shapes)
})

test('no map is empty, however large the film must be', () => {
  const graph = pooled(['N', 3, 'H', 'W'], 300, 100)
  const [first, second] = trialShapes(graph)
  for (const [[, , height, width]] of [first!, second!] as [number[]][]) {
    expect(Math.floor((height! - 300) / 100) + 1).toBeGreaterThanOrEqual(2)
    expect(Math.floor((width! - 300) / 100) + 1).toBeGreaterThanOrEqual(2)
  }
})
