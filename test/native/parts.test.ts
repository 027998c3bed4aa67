import { describe, expect, it } from 'vitest'
import type { Part, Source } from '../../src/native/part.ts'
import { PARTS } from '../../src/native/parts.ts'

const parts: readonly Part[] = Object.values(PARTS)

describe.each(parts)('the row of $name', (part) => {
  const sources = [...new Set([part.cpu, part.gpu].flatMap((variant) => variant?.sources ?? []))]

  it.each(sources)('$file is pinned, and is what is asked for', ({ file, sha256, by, requirement }) => {
    expect(sha256).toMatch(/^[0-9a-f]{64}$/)
    const [name, version] = requirement.split(by === 'pip' ? '==' : /(?<=.)@/) as [string, string]
    const expected =
      by === 'pip'
        ? `${name.replaceAll('-', '_')}-${version}-`
        : `${name.replace('@', '').replace('/', '-')}-${version}.tgz`
    expect(file.startsWith(expected)).toBe(true)
    expect(file.endsWith(by === 'pip' ? '.whl' : '.tgz')).toBe(true)
  })

  it('its wheel for GPUs is of the same version', () => {
    const wheels = [part.cpu, part.gpu].map((variant) =>
      variant?.sources.find(({ requirement }) => requirement.startsWith(part.name)),
    )
    for (const wheel of wheels) expect(wheel?.requirement.endsWith(`==${part.version}`)).toBe(true)
  })

  it('files of ours are not those that are taken', () => {
    const names = Object.keys(part.files)
    const isTaken = (name: string): boolean =>
      sources.some(({ take }) => take.some(({ from }) => from.test(`package/${name}`)))
    expect(names.filter(isTaken)).toEqual([])
  })
})

/** As the real archives have them. */
const ENTRIES: readonly [file: RegExp, entry: string, to: string | null][] = [
  [/^tensorflow_cpu/, 'tensorflow/libtensorflow_cc.so.2', 'lib/libtensorflow_cc.so.2'],
  [/^tensorflow_cpu/, 'tensorflow/libtensorflow_framework.so.2', 'lib/libtensorflow_framework.so.2'],
  [/^tensorflow_cpu/, 'tensorflow/include/tensorflow/c/c_api.h', 'build/include/tensorflow/c/c_api.h'],
  [/^tensorflow_cpu/, 'tensorflow/include/LICENSE', 'licences/LICENSE'],
  [/^tensorflow_cpu/, 'tensorflow/THIRD_PARTY_NOTICES.txt', 'licences/THIRD_PARTY_NOTICES.txt'],
  [/^tensorflow_cpu/, 'tensorflow/python/_pywrap_tfe.so', null],
  [/^tensorflow_cpu/, 'tensorflow/include/tensorflow/lite/c/c_api.h', null],
  [/^tensorflow-tfjs-node/, 'package/dist/kernels/Conv2D.js', 'dist/kernels/Conv2D.js'],
  [/^tensorflow-tfjs-node/, 'package/binding/tfjs_backend.cc', 'build/binding/tfjs_backend.cc'],
  [/^tensorflow-tfjs-node/, 'package/scripts/install.js', null],
  [/^tensorflow-tfjs-node/, 'package/dist/index.js', null],
  [/^node-api-headers/, 'package/include/node_api.h', 'build/node/node_api.h'],
  [/^nvidia_cuda_nvcc/, 'nvidia/cuda_nvcc/bin/ptxas', 'nvidia/cuda_nvcc/bin/ptxas'],
  [
    /^nvidia_cuda_nvcc/,
    'nvidia/cuda_nvcc/nvvm/libdevice/libdevice.10.bc',
    'nvidia/cuda_nvcc/nvvm/libdevice/libdevice.10.bc',
  ],
  [
    /^nvidia_cuda_nvcc/,
    'nvidia_cuda_nvcc_cu12-12.3.107.dist-info/License.txt',
    'licences/nvidia_cuda_nvcc_cu12.txt',
  ],
  [
    /^nvidia_cuda_runtime/,
    'nvidia/cuda_runtime/lib/libcudart.so.12',
    'nvidia/cuda_runtime/lib/libcudart.so.12',
  ],
  [/^nvidia_cuda_runtime/, 'nvidia/cuda_runtime/include/cuda.h', null],
]

describe('what is taken of TensorFlow', () => {
  const { cpu, gpu } = PARTS.tensorflow as Part
  const sources: readonly Source[] = [...cpu.sources, ...(gpu?.sources ?? [])]
  it.each(ENTRIES)('of %s: %s', (file, entry, to) => {
    const take = sources.find((one) => file.test(one.file))?.take.find(({ from }) => from.test(entry))
    expect(take === undefined ? null : entry.replace(take.from, take.to)).toBe(to)
  })
})
