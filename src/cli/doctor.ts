/** `roentgen doctor`: what is here, what is missing, and what to do about it. Gaps are no failure: it ends with 0.
 *  Everything native is loaded inside a `try`, since what is broken is exactly what it is asked about. */
import { availableParallelism, totalmem } from 'node:os'
import { builtFile } from '../../converters/apart.ts'
import { loadEngine } from '../../converters/onnx/onnxruntime.ts'
import { problemOf } from '../../errors.ts'
import { loadTurbo } from '../image/turbo.ts'
import { versionOf } from '../infer/package-version.ts'
import { lookAround, missingPart, type Place, PROVIDERS } from '../infer/providers.ts'
import { tryProvider } from '../infer/trial.ts'
import { findPart } from '../native/find.ts'
import type { Part } from '../native/part.ts'
import { PARTS } from '../native/parts.ts'
import { proveApart } from '../native/prove.ts'
import type { EngineRow } from '../train/engines/engine.ts'
import { ENGINES } from '../train/engines/engines.ts'
import { command } from './command.ts'
import { tuneReport, tuneText } from './doctor-tune.ts'

interface Finding {
  name: string
  isThere: boolean
  /** Version, what it is for, or why it is not there. */
  detail: string
  /** What to do; null when there is nothing to do. */
  advice: string | null
}

const PACKAGES = [
  {
    name: 'onnxruntime-node',
    load: () => import('../../converters/onnx/engine-node.ts'),
    advice: 'onnxruntime-web stands in: the same answers, more slowly',
  },
  {
    name: 'onnxruntime-web',
    load: () => import('../../converters/onnx/engine-web.ts'),
    advice: 'optional, stands in where onnxruntime-node has no binary',
  },
  { name: 'sharp', load: () => import('sharp'), advice: 'run npm ci, with optional dependencies' },
  {
    name: '@tensorflow/tfjs-core',
    load: () => import('@tensorflow/tfjs-core'),
    advice: 'run npm ci',
  },
  {
    name: '@tensorflow/tfjs-layers',
    load: () => import('@tensorflow/tfjs-layers'),
    advice: 'run npm ci',
  },
  {
    name: '@tensorflow/tfjs-backend-wasm',
    load: () => import('@tensorflow/tfjs-backend-wasm'),
    advice: 'run npm ci; conversions are compared with it where TensorFlow is not installed',
  },
] as const

export default command({
  options: (yargs) =>
    yargs
      .positional('films', { type: 'string', describe: 'with --tune: a folder of films [made-up ones]' })
      .option('tune', {
        type: 'boolean',
        implies: 'model',
        describe: 'measure which workers, threads and decoders a run of a model takes here',
      })
      .option('model', { alias: 'm', type: 'string', implies: 'tune', describe: 'with --tune: the model' })
      .option('json', { type: 'boolean', default: false, describe: 'as JSON' })
      .example('$0 doctor', 'what is here')
      .example('$0 doctor --tune -m run/model.onnx films', 'how score shares the cores'),
  async run({ json, tune, model, films }) {
    if (tune === true && model !== undefined) {
      const report = await tuneReport(model, films)
      process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : tuneText(report))
      return 0
    }
    const facts = {
      roentgen: versionOf('roentgen'),
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
      cores: availableParallelism(),
      memoryBytes: totalmem(),
    }
    const sections = {
      packages: [...(await Promise.all(PACKAGES.map(lookAtPackage))), await lookAtTurbo()],
      providers: await lookAtProviders(),
      native: await Promise.all(Object.values(PARTS).map(lookAtPart)),
      engines: await Promise.all(ENGINES.map(lookAtEngine)),
    }
    process.stdout.write(
      json ? `${JSON.stringify({ ...facts, ...sections }, null, 2)}\n` : text(facts, sections),
    )
    return 0
  },
})

async function lookAtPackage({ name, load, advice }: (typeof PACKAGES)[number]): Promise<Finding> {
  const version = versionOf(name)
  try {
    const loaded = (await load()) as { default?: { versions?: { vips?: string } } }
    const vips = loaded.default?.versions?.vips
    const detail = `${version ?? 'unknown version'}${vips === undefined ? '' : `, libvips ${vips}`}`
    return { name, isThere: true, detail, advice: null }
  } catch (error) {
    return { name, isThere: false, detail: problemOf(error), advice }
  }
}

/** Optional, and not loaded as a package: see src/image/turbo.ts. */
async function lookAtTurbo(): Promise<Finding> {
  const name = 'libjpeg-turbo'
  const turbo = await loadTurbo()
  if (typeof turbo !== 'string')
    return {
      name,
      isThere: true,
      detail: `of @julusian/jpeg-turbo ${versionOf('@julusian/jpeg-turbo')}: decodes most JPEGs`,
      advice: null,
    }
  const advice = 'optional, sharp decodes every JPEG to the same pixels, more slowly'
  return { name, isThere: false, detail: turbo, advice }
}

const NO_ENGINE = { name: 'onnxruntime-node', providers: [], by: null } as const

async function lookAtProviders(): Promise<Finding[]> {
  const engine = await loadEngine().catch(() => NO_ENGINE)
  const place = lookAround(engine)
  const note = engine.by === null ? '' : ` (${engine.name}, ${engine.by})`
  return Promise.all(PROVIDERS.map((provider) => lookAtProvider(provider, place, note)))
}

/** Files first; what is there is then tried. */
async function lookAtProvider(
  provider: (typeof PROVIDERS)[number],
  place: Place,
  note: string,
): Promise<Finding> {
  const { name, describe, needs, advice } = provider
  const missing = missingPart(provider, place)
  if (missing !== null) return { name, isThere: false, detail: missing, advice }
  const problem = await tryProvider(name)
  if (problem === null) return { name, isThere: true, detail: `${describe}${note}`, advice: null }
  return {
    name,
    isThere: false,
    detail: problem,
    advice: needs === null ? advice : `it needs ${needs}; ${advice}`,
  }
}

/** What was installed need not work any more: it is tried, in a process of its own. */
async function lookAtPart(part: Part): Promise<Finding> {
  const { name, describe } = part
  const install = `roentgen native install ${name}`
  const found = await findPart(part)
  if (found === null)
    return { name, isThere: false, detail: `not installed: ${describe}`, advice: `run ${install}` }
  const { version, folder } = found
  try {
    const detail = `${version} in ${folder}: ${await part.prove(folder)}`
    return { name, isThere: true, detail, advice: null }
  } catch (error) {
    const detail = `${version} in ${folder} does not work (${problemOf(error)})`
    return { name, isThere: false, detail, advice: `run ${install} again` }
  }
}

const askEngine = proveApart(builtFile('doctor-engine', import.meta.url, 2))

/** What training can run on, as the engine itself says it. */
async function lookAtEngine({ name, describe }: EngineRow): Promise<Finding> {
  const missing = await askEngine(name).then(() => null, problemOf)
  return { name, isThere: missing === null, detail: describe, advice: missing }
}

function text(facts: Record<string, string | number | null>, sections: Record<string, Finding[]>): string {
  const { roentgen, node, platform, cores, memoryBytes } = facts
  const gib = (Number(memoryBytes) / 2 ** 30).toFixed(1)
  const head = `roentgen ${roentgen}, Node ${node}, ${platform}, ${cores} cores, ${gib} GiB memory\n`
  const parts = Object.entries(sections).map(
    ([title, findings]) => `\n${title}\n${findings.map(findingLine).join('')}`,
  )
  return head + parts.join('')
}

const findingLine = ({ name, isThere, detail, advice }: Finding): string =>
  `  ${name.padEnd(24)} ${isThere ? 'there  ' : 'missing'}  ${detail}${advice === null ? '' : `; ${advice}`}\n`
