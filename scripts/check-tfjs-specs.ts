/** Runs tfjs-core's own specs on the engine `tensorflow`. None is left out; each that fails must be named, with the reason,
 *  in docs/tfjs-node.md. Run: node dist/scripts/check-tfjs-specs.js [--grep WORDS] [--all]; needs the native part.
 *  Exit status 1 where a failure is not named, or a named one passes. */
import { readFileSync } from 'node:fs'
import { createRequire, register } from 'node:module'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: { grep: { type: 'string', default: '' }, all: { type: 'boolean', default: false } },
})
const require = createRequire(import.meta.url)

interface Spec {
  fullName: string
  status: 'passed' | 'failed' | 'pending' | 'excluded'
  failedExpectations: readonly { message: string }[]
}
interface Jasmine {
  core(self: Jasmine): object & { getEnv(options: object): JasmineEnv; DEFAULT_TIMEOUT_INTERVAL: number }
  interface(core: object, env: JasmineEnv): object
}
interface JasmineEnv {
  configure(options: object): void
  addReporter(reporter: { specDone(spec: Spec): void }): void
  execute(): Promise<{ overallStatus: string }>
}

const jasmineRequire = require('jasmine-core/lib/jasmine-core/jasmine.js') as Jasmine
const jasmine = jasmineRequire.core(jasmineRequire)
const env = jasmine.getEnv({ suppressLoadErrors: true })
Object.assign(globalThis, jasmineRequire.interface(jasmine, env), { jasmine, require })
jasmine.DEFAULT_TIMEOUT_INTERVAL = 60_000

register('./tfjs-specs/loader.js', import.meta.url)
const CORE = new URL('.', import.meta.resolve('@tensorflow/tfjs-core')).href
// First the modules of the specs: the engine of tfjs, which all copies of it share, makes tensors of the first copy.
await import(`${CORE}index.js`)
await import(`${CORE}public/chained_ops/register_all_chained_ops.js`)
const { openEngine } = await import('../src/train/engines/engines.ts')
const engine = await openEngine('tensorflow', () => {})
const { setTestEnvs } = (await import(`${CORE}jasmine_util.js`)) as { setTestEnvs(envs: object[]): void }
setTestEnvs([{ name: 'test-tensorflow', backendName: 'tensorflow', flags: {}, isDataSync: true }])
await import(`${CORE}tests.js`)

const ran: Spec[] = []
env.configure({
  random: false,
  specFilter: (spec: { getFullName(): string }) => spec.getFullName().includes(values.grep),
})
env.addReporter({ specDone: (spec) => void (spec.status === 'excluded' || ran.push(spec)) })
await env.execute()

const nameOf = ({ fullName }: Spec) => fullName.replace('test-tensorflow {} ', '')
const failed = ran.filter(({ status }) => status === 'failed')
const passed = ran.filter(({ status }) => status === 'passed')
const page = readFileSync(new URL('../../docs/tfjs-node.md', import.meta.url), 'utf8')
const unnamed = failed.filter((spec) => !page.includes(`\`${nameOf(spec)}\``))
for (const spec of values.all ? failed : unnamed)
  process.stdout.write(`FAILED ${nameOf(spec)}: ${spec.failedExpectations[0]?.message.split('\n')[0]}\n`)
/** The table of what fails has a spec, or several, in the first cell of a row. */
const table = page.slice(page.indexOf('| spec | why |')).split('\n\n')[0]!
const named = table
  .split('\n')
  .flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name!))
const cured = passed.map(nameOf).filter((name) => named.includes(name))
for (const name of cured) process.stdout.write(`PASSED ${name}: docs/tfjs-node.md says that it fails\n`)
const count = (status: Spec['status']) => ran.filter((spec) => spec.status === status).length
process.stdout.write(
  `${engine.name} ${engine.version}: ${ran.length} specs of tfjs-core, ${passed.length} passed, ${count('pending')} pending, ` +
    `${failed.length} failed, ${unnamed.length} of them not named in docs/tfjs-node.md, ${cured.length} named ones passed\n`,
)
process.exit(unnamed.length + cured.length > 0 || ran.length === 0 ? 1 : 0)
