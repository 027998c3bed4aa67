/** The table of native parts: what is not on npm for the Node of today, and is put together on the user's machine.
 *  Versions and digests are those of the files that were tried; a new version is a new row in here and nothing else. */
import { builtFile } from '../../converters/apart.ts'
import type { Part, Source, Take } from './part.ts'
import { proveApart } from './prove.ts'

/** The wheel's Python does not matter: of it only the C library, its headers and its licences are taken. */
const WHEEL: readonly Take[] = [
  { from: /^tensorflow\/(libtensorflow_(?:cc|framework)\.so\.2)$/, to: 'lib/$1' },
  {
    from: /^tensorflow\/include\/((?:tensorflow\/(?:c|core\/platform|tsl|compiler\/xla\/tsl)|tsl|xla\/tsl)\/.+\.h)$/,
    to: 'build/include/$1',
  },
  { from: /^tensorflow\/(?:include\/)?(LICENSE|THIRD_PARTY_NOTICES\.txt)$/, to: 'licences/$1' },
]

/** tfjs-node without its installer, its readers and writers of files, and TensorBoard. */
const TFJS_NODE: Source = {
  file: 'tensorflow-tfjs-node-4.22.0.tgz',
  sha256: 'd38a448a705efc6e655a080f896b3af646ae39dffbfe9c90b06cb9fc3a2b9358',
  by: 'npm',
  requirement: '@tensorflow/tfjs-node@4.22.0',
  take: [
    {
      from: /^package\/(dist\/(?:kernels\/\w+|nodejs_kernel_backend|int64_tensors|register_all_kernels)\.js)$/,
      to: '$1',
    },
    { from: /^package\/binding\/(\w+\.(?:cc|h))$/, to: 'build/binding/$1' },
  ],
}

const NODE_HEADERS: Source = {
  file: 'node-api-headers-1.9.0.tgz',
  sha256: '6cbfac49542194ae2c8f1dee5fa2dc00d66bec9cbf3b59e3a4e5f16d14eb0d19',
  by: 'npm',
  requirement: 'node-api-headers@1.9.0',
  take: [{ from: /^package\/include\/(\w+\.h)$/, to: 'build/node/$1' }],
}

/** Of the GPU's: [name, version, SHA-256 of the wheel for Linux on x64], as the metadata of TensorFlow's wheel name them. */
const NVIDIA = [
  ['cublas', '12.3.4.1', '9b25b27bd5a5be1cc7e83a7b8004258daa338800798e22986e5b67ee06f0859d'],
  ['cuda_cupti', '12.3.101', '7b984288af7db1faa1e6f1803db075d4350116b72a98d4be0e88d604dc812c0e'],
  ['cuda_nvcc', '12.3.107', 'a3344b94f5e89023fa17e0bbf8fb0dd26d5ef6f4091a5aab08f215e4999eac62'],
  ['cuda_nvrtc', '12.3.107', '4db66788a37a234304a0b3203744f9a6c665f48bde65f69a096ae3b5799b5b1d'],
  ['cuda_runtime', '12.3.101', '04604679ddca6acb96c76a7a9306282cddc16981f92e148e2dfe227078883cda'],
  ['cudnn', '8.9.7.29', 'adf4f59ed7a1341103822ed8df6e144f4d47ea8b10d9bf0ea0047ba738fd7b02'],
  ['cufft', '11.0.12.1', '3b2c85d24d7dcc578720fdf39e2823950b5857e85164c3c1dc97184a8a8e0398'],
  ['curand', '10.3.4.107', 'd798db82ae445cf1d8bf6af9ca3bd6bb6cc87753c229a441cf8d2597b09332e5'],
  ['cusolver', '11.5.4.101', '783a3279553feaf8e47af12cab1fa769ffd5e644ea876db3dc2252f35f9bf256'],
  ['cusparse', '12.2.0.103', 'fe9e17daf406c98c28fbc8bcf785ecd4db301bf02ce626de6aa1046de66f84bd'],
  ['nccl', '2.19.3', 'a9734707a2c96443331c1e48c717024aa6678a0e2a4cb66b2c364d18cee6b48d'],
  ['nvjitlink', '12.3.101', '64335a8088e2b9d196ae8665430bc6a2b7e6ef2eb877a9c735c804bd4ff6467c'],
] as const

/** TensorFlow looks for them in `../nvidia` beside the folder that it lies in. */
const nvidia = ([name, version, sha256]: (typeof NVIDIA)[number]): Source => ({
  file: `nvidia_${name}_cu12-${version}-py3-none-manylinux1_x86_64.whl`,
  sha256,
  by: 'pip',
  requirement: `nvidia-${name.replaceAll('_', '-')}-cu12==${version}`,
  take: [
    { from: /^nvidia\/(\w+\/(?:lib|bin|nvvm)\/.+)$/, to: 'nvidia/$1' },
    { from: /^(\w+)-[\w.]+\.dist-info\/(?:licenses\/)?License\.txt$/, to: 'licences/$1.txt' },
  ],
})

const GB = 1e9

const TENSORFLOW: Part = {
  name: 'tensorflow',
  describe:
    "tfjs-node on TensorFlow's own C library: trains, and computes what conversions are compared with",
  version: '2.16.2',
  platforms: ['linux-x64'],
  elsewhere:
    'docs/tfjs-node.md says which other platforms have wheels that were not tried; use --engine webgpu or cpu',
  cpu: {
    sources: [
      TFJS_NODE,
      NODE_HEADERS,
      {
        file: 'tensorflow_cpu-2.16.2-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl',
        sha256: 'c855cb6bf05d32dd5928086b03a5f6b4189b63c22b95e017703cbee4291023ca',
        by: 'pip',
        requirement: 'tensorflow-cpu==2.16.2',
        take: WHEEL,
      },
    ],
    room: 1 * GB,
  },
  gpu: {
    sources: [
      TFJS_NODE,
      NODE_HEADERS,
      {
        file: 'tensorflow-2.16.2-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl',
        sha256: 'd8798dea8e2281b4a0b569d9c00e7949c0090509be363da271e1ef21828bffae',
        by: 'pip',
        requirement: 'tensorflow==2.16.2',
        take: WHEEL,
      },
      ...NVIDIA.map(nvidia),
    ],
    room: 7 * GB,
  },
  files: {
    'package.json': '{ "type": "commonjs" }\n',
    // tfjs-node's kernels speak to the tfjs-core of whoever loads them: two of them would not know each other's tensors.
    'node_modules/@tensorflow/tfjs/index.js': "module.exports = globalThis[Symbol.for('roentgen.tfjs')]\n",
    'node_modules/@tensorflow/tfjs-core/index.js':
      "module.exports = globalThis[Symbol.for('roentgen.tfjs')]\n",
    // Messages of TensorBoard's histograms, which are not brought.
    'dist/proto/api_pb.js': 'module.exports = {}\n',
  },
  compile: () => [
    ...['-O2', '-std=c++17', '-shared', '-fPIC', '-DNAPI_VERSION=8'],
    ...['-I', 'build/node', '-I', 'build/include'],
    ...['build/binding/tfjs_backend.cc', 'build/binding/tfjs_binding.cc'],
    ...['lib/libtensorflow_cc.so.2', 'lib/libtensorflow_framework.so.2', '-Wl,-rpath,$ORIGIN'],
    ...['-o', 'lib/tfjs_binding.node'],
  ],
  prove: proveApart(builtFile('prove-tensorflow', import.meta.url, 2)),
}

export const PARTS = { tensorflow: TENSORFLOW } as const satisfies Record<string, Part>

export type PartName = keyof typeof PARTS
