/** The option of every command that reads models of tfjs and Keras. */
export const REGISTER = {
  type: 'string',
  describe: "a module with the model's own layers and activations: docs/convert.md",
} as const
