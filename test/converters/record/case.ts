/** What a case of a kernel is, and the inputs that many of them share. */
import * as tf from '@tensorflow/tfjs-core'
import { open, type TestInput, weight } from '../harness.ts'

export interface Case {
  title: string
  fn: (inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[]
  inputs: readonly TestInput[]
}

export const map = [open([5, 7, 3])]
export const pair = [open([4, 3], {}, 'a'), open([4, 3], {}, 'b')]
export const positive = [open([4, 3], { from: 0.1, to: 4 })]
export const wide = [open([4, 3], { from: -9, to: 9 })]
export const films = [open([6, 5, 3], { dtype: 'uint8' })]
export const whole = [open([4, 3], { dtype: 'int32', from: -9, to: 9 })]
export const wholePair = [
  open([4, 3], { dtype: 'int32', from: -9, to: 9 }, 'a'),
  open([4, 3], { dtype: 'int32', from: -4, to: 5 }, 'b'),
]

export const of = (
  title: string,
  inputs: readonly TestInput[],
  fn: (x: tf.Tensor4D, ...more: tf.Tensor[]) => tf.Tensor | tf.Tensor[],
): Case => ({ title, inputs, fn: ([x, ...more]) => fn(x as tf.Tensor4D, ...more) })

export const unary = (fn: (x: tf.Tensor) => tf.Tensor, inputs = wide): Case[] => [
  of('of a matrix', inputs, fn),
  of('of a map', [open([3, 4, 2], { from: inputs[0]!.from, to: inputs[0]!.to })], fn),
]

/** A map with a Transpose behind it, which the rules have to carry on. */
export const convolved = (x: tf.Tensor4D, channels = 4): tf.Tensor4D =>
  tf.conv2d(x, weight<tf.Rank.R4>([3, 3, 3, channels]), 1, 'same')
