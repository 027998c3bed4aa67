/** What an epoch and a step say of themselves. */

/** Figures of one epoch, from 1; training figures are means over its steps, as Keras prints them. */
export interface EpochFigures {
  epoch: number
  loss: number
  accuracy: number
  valLoss: number
  valAccuracy: number
  /** Of the epoch's last step. */
  learningRate: number
}

/** Where an epoch stands; figures are means over its steps so far. */
export interface StepFigures {
  epoch: number
  /** Steps that are done, of how many of this epoch. */
  done: number
  of: number
  loss: number
  accuracy: number
}
