/** The table of peers: programs that run the same network on the same pixels, each in its own library. */

export interface Peer {
  name: string
  /** A file of this folder. */
  program: string
  describe: string
  /** What the program is told beside the model and the pixels. */
  with?: Readonly<Record<string, string>>
  /** What its process is started with beside the environment. */
  environment?: Readonly<Record<string, string>>
  /** Largest difference of a probability from ours that is rounding. */
  tolerance: number
  /** So slow that one film is timed, once. */
  slow?: true
}

/** fp32 everywhere: sums in another order. bf16 keeps 8 bits. */
const FP32 = 1e-4
const BF16 = 0.02

const ROWS = [
  {
    name: 'roentgen',
    program: 'ours.mjs',
    describe: "roentgen's session",
    // As roentgen starts every process that scores.
    environment: { GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1' },
    tolerance: FP32,
  },
  { name: 'onnxruntime', program: 'run_onnxruntime.py', describe: 'ONNX Runtime, Python', tolerance: FP32 },
  {
    name: 'openvino-f32',
    program: 'run_openvino.py',
    describe: 'OpenVINO, f32',
    with: { precision: 'f32' },
    tolerance: FP32,
  },
  {
    name: 'openvino-bf16',
    program: 'run_openvino.py',
    describe: 'OpenVINO, bf16',
    with: { precision: 'bf16' },
    tolerance: BF16,
  },
  { name: 'pytorch', program: 'run_torch.py', describe: 'PyTorch, eager, by onnx2torch', tolerance: FP32 },
  { name: 'keras', program: 'run_keras.py', describe: 'Keras, a graph function', tolerance: FP32 },
  { name: 'transformers.js', program: 'transformers.mjs', describe: 'transformers.js, cpu', tolerance: FP32 },
  {
    name: 'onnxruntime-web',
    program: 'onnxruntime-web.mjs',
    describe: 'ONNX Runtime, WebAssembly',
    tolerance: FP32,
  },
  {
    name: 'tfjs-node',
    program: 'tfjs.mjs',
    describe: 'TensorFlow.js on TensorFlow',
    with: { backend: 'tensorflow' },
    tolerance: FP32,
  },
  {
    name: 'tfjs-wasm',
    program: 'tfjs.mjs',
    describe: 'TensorFlow.js on WebAssembly',
    with: { backend: 'wasm' },
    tolerance: FP32,
  },
  {
    name: 'tfjs-cpu',
    program: 'tfjs.mjs',
    describe: 'TensorFlow.js in JavaScript',
    with: { backend: 'cpu' },
    tolerance: FP32,
    slow: true,
  },
] as const satisfies readonly Peer[]

export const PEERS: readonly Peer[] = ROWS

/** The one that all others are compared with. */
export const OURS = 'roentgen'
