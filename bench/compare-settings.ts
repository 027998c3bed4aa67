/** What two results were not made alike in: machine, versions, rules, models, providers. In words, for the reader to judge. */
import { caseId, type Results } from './results.ts'

/** @param cases  names of the cases that are compared   @returns a sentence a difference, none twice */
export function differencesOf(old: Results, now: Results, cases: ReadonlySet<string>): string[] {
  const sides = [factsOf(old, cases), factsOf(now, cases)] as const
  const names = new Set([...sides[0].keys(), ...sides[1].keys()])
  return [...names].flatMap((name) => {
    const [before, after] = sides.map((side) => side.get(name) ?? 'unknown')
    return before === after ? [] : [`${name}: ${before}, now ${after}`]
  })
}

/** Fact → value, both as text. */
function factsOf(results: Results, cases: ReadonlySet<string>): Map<string, string> {
  const { machine, versions, rules, quick, unfinished, films } = results
  const compared = results.samples.filter((sample) => cases.has(caseId(sample.case)))
  const weights = new Set(compared.map((sample) => `${sample.case.model}\n${sample.case.precision}`))
  const gib = `${Math.round(machine.memoryBytes / 2 ** 30)} GiB`
  const fromFiles = compared.some((sample) => sample.case.scenario === 'end-to-end')
  return new Map([
    ...Object.entries({ ...machine, memoryBytes: gib, gpu: machine.gpu ?? 'none' }).map(
      ([name, value]) => [NAMES[name] ?? name, String(value)] as const,
    ),
    ...Object.entries(versions).map(([name, version]) => [`version of ${name}`, version] as const),
    ...Object.entries(rules).map(([name, value]) => [`rule ${name}`, String(value)] as const),
    ['quick run', quick ? 'yes' : 'no'] as const,
    ['unfinished', unfinished === null ? 'no' : `${unfinished.done} of ${unfinished.of} visits`] as const,
    ...results.models.flatMap(({ name, digests }) =>
      Object.entries(digests)
        .filter(([precision]) => weights.has(`${name}\n${precision}`))
        .map(([precision, digest]) => [`SHA-256 of ${name} ${precision}`, digest.slice(0, 12)] as const),
    ),
    ...(fromFiles && films !== null
      ? [['films', `${films.run} of ${films.bytes} bytes together`] as const]
      : []),
    ...providersOf(compared),
  ])
}

const NAMES: Readonly<Record<string, string>> = { memoryBytes: 'memory', gpu: 'GPU' }

/** What really ran each case. */
function providersOf(samples: Results['samples']): Map<string, string> {
  const ran = new Map<string, Set<string>>()
  for (const { case: one, provider } of samples) {
    const names = ran.get(caseId(one)) ?? new Set()
    ran.set(caseId(one), names.add(`${provider.name} ${provider.version}`))
  }
  return new Map([...ran].map(([id, names]) => [`provider of ${id}`, [...names].sort().join(' and ')]))
}
