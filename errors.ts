/** The one error class and the one table of codes. A leaf: it imports nothing of ours.
 *  Facts (`code`, `data`) and words (`ERRORS`) are kept apart, so that an error crosses a process border as data. */

/** Every error says where it happened (a path, an option, a layer); the rest of the data belongs to the code. */
export interface Where {
  /** What the user can point at: a file, an option, a layer or node. */
  where: string
}

interface ErrorRow<Data extends Where> {
  /** Exit status of the command that ends with it: 1 failed, 2 misused. */
  exit: 1 | 2
  /** One sentence for `roentgen errors`: when this code is given. */
  when: string
  /** What went wrong, without the place. */
  reason: (data: Data) => string
  /** What the user can do about it. */
  remedy: (data: Data) => string
}

const row = <Data extends object = object>(
  exit: 1 | 2,
  when: string,
  reason: (data: Data & Where) => string,
  remedy: string | ((data: Data & Where) => string),
): ErrorRow<NoInfer<Data> & Where> => ({
  exit,
  when,
  reason,
  remedy: typeof remedy === 'string' ? () => remedy : remedy,
})

const list = (names: readonly string[], most = 12): string =>
  names.slice(0, most).join(', ') + (names.length > most ? `, and ${names.length - most} more` : '')

/** Code → when, words and exit status. Printed by `roentgen errors`. Retired codes are not reused. */
export const ERRORS = {
  // Use
  ROE_USAGE: row<{ problem: string }>(
    2,
    'A command is called with wrong words.',
    (d) => d.problem,
    'see --help',
  ),
  ROE_OPTION: row<{ expected: string; received: string }>(
    2,
    'An option has a value that it does not take.',
    (d) => `expected ${d.expected}, received ${d.received}`,
    'see --help',
  ),
  ROE_NOT_FOUND: row<{ kind: string }>(
    1,
    'A file or folder that was named does not exist.',
    (d) => `there is no such ${d.kind}`,
    'check the path',
  ),
  ROE_WRITE: row<{ problem: string }>(
    1,
    'A result cannot be written.',
    (d) => d.problem,
    'check that the folder exists, is writable and has space',
  ),
  ROE_INTERNAL: row<{ problem: string }>(
    1,
    'A fault of roentgen itself.',
    (d) => d.problem,
    'run again with --debug and report it',
  ),
  // Films
  ROE_FILM_MISSING: row(
    1,
    'A film vanished or never was there.',
    () => 'there is no such file',
    'check the path',
  ),
  ROE_FILM_UNREADABLE: row<{ problem: string }>(
    1,
    'The system refuses to read a film.',
    (d) => `it cannot be read (${d.problem})`,
    'check its permissions and links',
  ),
  ROE_FILM_NOT_A_FILE: row<{ kind: string }>(
    1,
    'An input is a folder, a pipe or a device.',
    (d) => `it is a ${d.kind}, not a file`,
    'name a film',
  ),
  ROE_FILM_EMPTY: row(
    1,
    'A film has no bytes.',
    () => 'the file is empty (0 bytes)',
    'copy it again from its source',
  ),
  ROE_FILM_FORMAT: row<{ formats: string; found?: string }>(
    1,
    'The content of a file is no film format that roentgen reads (the extension does not count).',
    (d) =>
      d.found === undefined
        ? `its content is none of ${d.formats}`
        : `it is ${d.found}, which is not read yet; formats are ${d.formats}`,
    'export it as one of these, or leave it out',
  ),
  ROE_FILM_DAMAGED: row<{ problem: string }>(
    1,
    'A film is truncated or broken.',
    (d) => `the picture is damaged (${d.problem})`,
    'copy it again from its source',
  ),
  ROE_FILM_DEPTH: row<{ depth: string }>(
    1,
    'The samples of a film are neither 8 nor 16 bits without a sign.',
    (d) => `its samples are of type ${d.depth}`,
    'export it with 8 or 16 bits a sample',
  ),
  ROE_FILM_TOO_LARGE: row<{ width: number; height: number; limit: number }>(
    1,
    'A film has more pixels than the limit.',
    (d) => `${d.width} x ${d.height} pixels exceed the limit of ${d.limit}`,
    'shrink the film first',
  ),
  ROE_BARS_NOT_SQUARE: row<{ width: number; height: number }>(
    1,
    'The hansen rule for black bars is given a film that is not square, or that it does not leave square.',
    (d) => `the hansen rule needs a full-size square film, this one is ${d.width} x ${d.height}`,
    'use --bars robust',
  ),
  ROE_BARS_ALL_BLACK: row(
    1,
    'The removal of black bars leaves nothing.',
    () => 'the whole film is black',
    'look at the film; leave it out, or use --bars none',
  ),
  // Data
  ROE_NO_FILMS: row<{ unreadable?: { count: number; path: string; reason: string } }>(
    1,
    'A folder or list holds no film, or none that can be read.',
    ({ unreadable }) =>
      unreadable === undefined
        ? 'there are no films in it'
        : `none of the ${unreadable.count} films of it that were tried can be read; the first, ${unreadable.path}: ${unreadable.reason}`,
    ({ where }) =>
      where.startsWith('the pattern ')
        ? 'check the pattern, and put it in quotes'
        : /^the (list|manifest) /.test(where)
          ? 'give a list that names films'
          : 'name a folder with films',
  ),
  ROE_NO_CLASSES: row<{ found: number }>(
    1,
    'A labelled folder has fewer than two class folders.',
    (d) => `a labelled folder needs at least two class folders, found ${d.found}`,
    'put the films of each class into a folder named after it',
  ),
  ROE_PARTS_NOT_CLASSES: row<{ labels: readonly string[] }>(
    1,
    'The folders of a labelled folder are the parts of a data set (train, test), not its classes.',
    (d) => `its folders ${list(d.labels)} are parts of a data set, not classes`,
    'name one of them, e.g. its train folder',
  ),
  ROE_MANIFEST: row<{ problem: string }>(
    1,
    'A CSV of films, labels or scores does not have the columns or values that it needs.',
    (d) => d.problem,
    'see "manifest" in the README',
  ),
  ROE_SPLIT: row<{ problem: string; advice?: string }>(
    1,
    'A split or folds cannot be drawn.',
    (d) => d.problem,
    (d) => d.advice ?? 'add films, or choose another share',
  ),
  ROE_LABELS_DIFFER: row<{ missing: readonly string[]; expected: readonly string[] }>(
    1,
    'The labels of a model and of a data set differ.',
    (d) => `labels ${list(d.missing)} are unknown to the model, which knows ${list(d.expected)}`,
    'rename the class folders or the labels in the CSV',
  ),
  // Models and weights
  ROE_MODEL_MISSING: row(
    1,
    'The model file does not exist.',
    () => 'there is no such model file',
    'check the path after -m',
  ),
  ROE_MODEL_INVALID: row<{ problem: string }>(
    1,
    'A file is no ONNX model, or ONNX Runtime refuses it.',
    (d) => `it is not a model that ONNX Runtime opens (${d.problem})`,
    'convert or train the model again',
  ),
  ROE_MODEL_INPUT: row<{ expected: string; received: string }>(
    1,
    'The input of a model is not one that films can be given to.',
    (d) => `the model must take ${d.expected}, it takes ${d.received}`,
    'convert it with roentgen, or give a model with such an input',
  ),
  ROE_MODEL_FACTS: row<{ missing: readonly string[] }>(
    1,
    'A model does not say what scoring needs to know.',
    (d) => `the model's metadata lacks ${list(d.missing)}`,
    'give a model that roentgen trained, or convert it again and say so (roentgen convert --help); for ONNX files of other programs see docs/score.md',
  ),
  ROE_MODEL_OUTPUT: row<{ expected: string; received: string }>(
    1,
    'The output of a model is not what its metadata promises.',
    (d) => `the model must give ${d.expected}, it gives ${d.received}`,
    'convert or train the model again',
  ),
  ROE_WEIGHTS_FORMAT: row<{ problem: string; advice?: string }>(
    1,
    'A file or folder of weights cannot be read.',
    (d) => d.problem,
    (d) => d.advice ?? 'give a tfjs LayersModel folder or a Keras 2 .h5 file',
  ),
  ROE_WEIGHTS_MISSING: row<{ names: readonly string[] }>(
    1,
    'Weights lack tensors that the network needs.',
    (d) => `the weights lack ${d.names.length} tensors: ${list(d.names)}`,
    'give the weights of this very network, or another --backbone or --alpha',
  ),
  ROE_WEIGHTS_SHAPE: row<{ mismatches: readonly string[] }>(
    1,
    'Weights have other shapes than the network.',
    (d) => `shapes differ: ${list(d.mismatches)}`,
    'give the weights of this very network, or another --backbone or --alpha',
  ),
  ROE_WEIGHTS_FETCH: row<{ problem: string; advice: string }>(
    1,
    'Published weights are not here, are damaged, or cannot be fetched.',
    (d) => d.problem,
    (d) => d.advice,
  ),
  ROE_MODEL_FORMAT: row<{ problem: string; advice?: string }>(
    1,
    'A file or folder holds no whole model that can be read.',
    (d) => d.problem,
    (d) => d.advice ?? 'give a tfjs model (its folder, json or zip), a Keras .h5 or a .keras file',
  ),
  ROE_LAYER_UNSUPPORTED: row<{ what: string }>(
    1,
    'A model has a layer, an activation or a setting that is not converted.',
    (d) => `${d.what} is not converted`,
    'replace it in the model, or give what it computes with --register (docs/convert.md)',
  ),
  ROE_BACKBONE: row<{ problem: string }>(
    2,
    'A backbone cannot be built as asked.',
    (d) => d.problem,
    'see --help for the backbones and their options',
  ),
  // Conversion
  ROE_OP_UNSUPPORTED: row<{ kernel: string; detail?: string }>(
    1,
    'A tfjs kernel has no ONNX lowering, or not with these attributes.',
    (d) => `kernel '${d.kernel}'${d.detail === undefined ? '' : ` (${d.detail})`} has no ONNX lowering`,
    'replace the layer, or give one that computes it otherwise with --register (docs/convert.md)',
  ),
  ROE_VALUE_UNKNOWN: row<{ operation: string }>(
    1,
    'A model reads a value that depends on its input while it is recorded.',
    (d) => `${d.operation} reads a value that depends on the model's input`,
    'convert a model whose graph does not depend on values',
  ),
  ROE_SIZE_OPEN: row<{ problem: string; example: string }>(
    1,
    'A size of an input, other than the batch, is open, and really depends on a number.',
    (d) => `its sizes are declared open, but ${d.problem}`,
    (d) => `give them, for example --shape ${d.example}`,
  ),
  ROE_BATCH_FIXED: row<{ problem: string }>(
    1,
    'An open batch dimension really depends on a number.',
    (d) => `the batch is declared open, but ${d.problem}`,
    'declare a fixed batch',
  ),
  ROE_GRAPH_INVALID: row<{ problem: string }>(
    1,
    'A graph breaks the rules of its operators.',
    (d) => d.problem,
    'report it, with the model',
  ),
  ROE_OPSET: row<{ op: string; opset: number; needs: number }>(
    1,
    'A model needs an operator of ONNX that the opset asked for does not have.',
    (d) => `${d.op} needs opset ${d.needs}, and ${d.opset} was asked for`,
    (d) => `use --opset ${d.needs} or more`,
  ),
  ROE_PARITY: row<{
    output: string
    difference: number
    tolerance: number
    first?: string
    kept?: boolean
    precision?: 'fp32' | 'fp16'
  }>(
    1,
    'A converted model and its tfjs original give other results.',
    (d) =>
      `output '${d.output}' differs from tfjs by ${d.difference}, more than ${d.tolerance}${d.first === undefined ? '' : `; ${d.first}`}`,
    (d) => {
      const remedy =
        d.precision === 'fp16'
          ? 'keep more in float32 (--fp32), or leave out --precision fp16'
          : 'report it, with the model'
      return `${d.kept ? 'the file was kept, as asked' : 'nothing was kept'}; ${remedy}`
    },
  ),
  // Inference
  ROE_PROVIDER: row<{ problem: string; advice: string }>(
    1,
    'A provider of ONNX Runtime that was asked for cannot run here; no other one takes its place.',
    (d) => d.problem,
    (d) => d.advice,
  ),
  ROE_NATIVE: row<{ problem: string; advice: string }>(
    1,
    'A native part cannot be installed, or does not work here; one that was there stays.',
    (d) => d.problem,
    (d) => d.advice,
  ),
  ROE_WORKER_START: row<{ problem: string }>(
    1,
    'A worker process ended before it had opened its model.',
    (d) => `the worker process died before its model was open (${d.problem})`,
    'check the memory and run roentgen doctor; --debug shows what the process said',
  ),
  ROE_WORKER_DIED: row<{ problem: string }>(
    1,
    'A worker process ended in the middle of its work.',
    (d) => `the worker process died (${d.problem})`,
    'score the film alone with --debug; if it dies again, leave it out',
  ),
  ROE_WORKER_HUNG: row<{ seconds: number }>(
    1,
    'A worker process gives no result for as long as --timeout says, again when it has nothing but this film.',
    (d) => `the worker process gave no result for ${d.seconds} s`,
    'score the film alone with a longer --timeout; if it hangs again, leave it out',
  ),
  ROE_INFERENCE: row<{ problem: string }>(
    1,
    'ONNX Runtime fails while it computes.',
    (d) => `ONNX Runtime failed (${d.problem})`,
    'check the memory, and the model with another runtime',
  ),
  ROE_MERGE: row<{ problem: string }>(
    1,
    'Tables of scores do not belong together, or are not all there.',
    (d) => d.problem,
    'give whole tables, as they were written, of the same model, provider, batch and options',
  ),
  ROE_RUN_BUSY: row<{ pid: number; host: string }>(
    1,
    'Another run is writing the same output.',
    (d) => `another run is writing there (process ${d.pid} on ${d.host})`,
    'wait until it ends, or name another output',
  ),
  ROE_RUN_UNFINISHED: row<{ rows: number; what?: 'films' | 'epochs' }>(
    1,
    'Scores or a training are to be written where a run was interrupted.',
    (d) => `a run was interrupted there when ${d.rows} ${d.what ?? 'films'} were done`,
    'add --resume to go on with it, or --restart to begin anew',
  ),
  ROE_RESUME: row<{ changes: readonly string[] }>(
    1,
    'A run cannot be gone on with: the model, the options or a film changed since it was interrupted.',
    (d) => `--resume would mix two runs: ${list(d.changes, 3)}`,
    'undo the change, or use --restart to begin anew',
  ),
  ROE_ALL_FAILED: row<{ failed: number; ledger: string }>(
    1,
    'No film of a run could be scored.',
    (d) => `all ${d.failed} films failed; the reasons are in ${d.ledger}`,
    'mend the films or check the model',
  ),
  // Evaluation
  ROE_EVALUATION: row<{ problem: string }>(
    1,
    'No film has both a label and a score, so there is nothing to count.',
    (d) => d.problem,
    'check that both name the same films, and why films failed',
  ),
  // Training and demo
  ROE_TRAINING: row<{ problem: string }>(
    1,
    'Training cannot go on.',
    (d) => d.problem,
    'check the data, the scaling and the learning rate',
  ),
  ROE_ENGINE: row<{ problem: string }>(
    1,
    'A training engine that was asked for cannot run here; no other one takes its place.',
    (d) => d.problem,
    'or use --engine auto, which takes the fastest that runs here',
  ),
  ROE_DEMO: row<{ problem: string }>(
    1,
    'The demo did not reach what it asserts.',
    (d) => d.problem,
    'run it without --films; if that fails too, report it, with the output of roentgen doctor',
  ),
  ROE_DEMO_FOLDER: row(
    1,
    'The folder of the demo is there already, and no demo made it.',
    () => 'this is not empty and was not made by roentgen demo, which writes over its own folder only',
    'name another folder with -o',
  ),
} as const

export type ErrorCode = keyof typeof ERRORS
export type ErrorData<Code extends ErrorCode> = Parameters<(typeof ERRORS)[Code]['reason']>[0]

/** An error that a user can act on; its message is one line: code, where, what, what to do. */
export class RoentgenError<Code extends ErrorCode = ErrorCode> extends Error {
  readonly code: Code
  readonly data: ErrorData<Code>

  constructor(code: Code, data: ErrorData<Code>, options?: { cause?: unknown }) {
    const { reason, remedy } = wordsOf(code, data)
    super(oneLine(`${code}: ${data.where}: ${reason}; ${remedy}`), options)
    this.name = 'RoentgenError'
    this.code = code
    this.data = data
  }

  get reason(): string {
    return oneLine(wordsOf(this.code, this.data).reason)
  }

  get remedy(): string {
    return oneLine(wordsOf(this.code, this.data).remedy)
  }

  get exit(): 1 | 2 {
    return ERRORS[this.code].exit
  }
}

/** Whether `error` is a RoentgenError of this code. */
export const hasCode = <Code extends ErrorCode>(error: unknown, code: Code): error is RoentgenError<Code> =>
  error instanceof RoentgenError && error.code === code

/** The first line of any thrown value, for use inside a reason. */
export const problemOf = (error: unknown): string =>
  oneLine((error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '')

function wordsOf<Code extends ErrorCode>(
  code: Code,
  data: ErrorData<Code>,
): { reason: string; remedy: string } {
  const words = ERRORS[code] as unknown as ErrorRow<ErrorData<Code> & Where>
  return { reason: words.reason(data), remedy: words.remedy(data) }
}

// Control characters of a file name must not forge a second line.
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is control characters that are replaced
const oneLine = (text: string): string => text.replace(/[\u0000-\u001f\u007f]+/g, ' ')
