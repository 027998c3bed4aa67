/** What is said of a TensorFlow that is installed and does not load. Loads nothing itself. */

/** In one line. @param problem  why it is passed over */
export const passedOverText = (problem: string): string =>
  `TensorFlow is passed over: it does not work (${problem}); run roentgen native install tensorflow again`
