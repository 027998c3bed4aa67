/** What visits say, side by side: films a second, ratios within a round, what could not run, what computed other numbers.
 *  Pure; the text is Markdown. */
import { type Spread, spreadOf } from '../../statistics.ts'
import { OURS, PEERS, type Peer } from './peers.ts'
import type { Visit } from './visit.ts'

export interface Settings {
  batch: number
  threads: number
  seconds: number
}

export interface Machine {
  cpu: string
  cores: number
  os: string
}

export interface Cell {
  backbone: string
  peer: Peer
  /** Films a second, over rounds; null where it never ran. */
  rate: Spread | null
  /** Our films a second over the peer's in the same round. */
  ratio: Spread | null
  /** CPU-milliseconds of a film, in all threads. */
  cpuMs: Spread | null
  /** Why it did not run, or not each time. */
  problems: readonly string[]
  /** Largest difference of a probability from ours; null where one of the two did not run. */
  difference: number | null
}

type Answer = Exclude<Visit['result'], { problem: string }>
const answerOf = ({ result }: Visit): Answer | undefined => ('problem' in result ? undefined : result)

/** @param visits  of one run   @returns a cell for each backbone and peer that was visited, in the order of the peers */
export function cellsOf(visits: readonly Visit[]): Cell[] {
  const backbones = [...new Set(visits.map(({ backbone }) => backbone))]
  return backbones.flatMap((backbone) => {
    const mine = visits.filter((visit) => visit.backbone === backbone)
    const ours = mine.filter(({ peer }) => peer === OURS)
    return PEERS.flatMap((peer) => {
      const theirs = mine.filter((visit) => visit.peer === peer.name)
      return theirs.length === 0 ? [] : [cellOf(backbone, peer, ours, theirs)]
    })
  })
}

function cellOf(backbone: string, peer: Peer, ours: readonly Visit[], theirs: readonly Visit[]): Cell {
  const rates = ratesOf(theirs)
  const ourRates = ratesOf(ours)
  const ratios = [...rates].flatMap(([round, rate]) => {
    const our = ourRates.get(round)
    return our === undefined ? [] : [our / rate]
  })
  return {
    backbone,
    peer,
    rate: rates.size === 0 ? null : spreadOf([...rates.values()]),
    ratio: ratios.length === 0 ? null : spreadOf(ratios),
    cpuMs: cpuMsOf(theirs),
    problems: [...new Set(theirs.flatMap(({ result }) => ('problem' in result ? [result.problem] : [])))],
    difference: differenceOf(ours, theirs),
  }
}

const ratesOf = (visits: readonly Visit[]): Map<number, number> =>
  new Map(
    visits.flatMap((visit) => {
      const answer = answerOf(visit)
      return answer === undefined ? [] : [[visit.round, answer.films / answer.seconds] as const]
    }),
  )

function cpuMsOf(visits: readonly Visit[]): Spread | null {
  const costs = visits.flatMap((visit) => {
    const answer = answerOf(visit)
    return answer === undefined ? [] : [(1000 * answer.cpuSeconds) / answer.films]
  })
  return costs.length === 0 ? null : spreadOf(costs)
}

/** Over the films that both computed, in every round; NaN is no agreement. */
function differenceOf(ours: readonly Visit[], theirs: readonly Visit[]): number | null {
  const [expected] = answers(ours)
  if (expected === undefined) return null
  const found = answers(theirs).flatMap((outputs) =>
    outputs.map((value, i) => Math.abs(value - (expected[i] ?? Number.NaN))),
  )
  return found.length === 0 ? null : Math.max(...found)
}

const answers = (visits: readonly Visit[]): number[][] =>
  visits.flatMap((visit) => {
    const answer = answerOf(visit)
    return answer === undefined ? [] : [answer.outputs]
  })

/** Whether a peer computed the same numbers as we did. */
const agrees = ({ difference, peer }: Cell): boolean => difference === null || difference <= peer.tolerance

export const differing = (cells: readonly Cell[]): Cell[] => cells.filter((cell) => !agrees(cell))

/** The whole text below the command. */
export function tableText(visits: readonly Visit[], settings: Settings, machine: Machine): string {
  const cells = cellsOf(visits)
  const peers = PEERS.filter((peer) => cells.some((cell) => cell.peer === peer && cell.rate !== null))
  const backbones = [...new Set(cells.map(({ backbone }) => backbone))]
  const cellAt = (backbone: string, peer: Peer): Cell | undefined =>
    cells.find((cell) => cell.backbone === backbone && cell.peer === peer)
  const rows = (text: (cell: Cell) => string, columns: readonly Peer[]): string =>
    markdownTable(
      ['backbone', ...columns.map(({ name }) => name)],
      backbones.map((backbone) => [
        backbone,
        ...columns.map((peer) => {
          const cell = cellAt(backbone, peer)
          return cell === undefined ? '' : text(cell)
        }),
      ]),
    )
  const others = peers.filter(({ name }) => name !== OURS)
  return [
    conditions(visits, settings, machine),
    `Films a second, the median of rounds:\n\n${rows(rateText, peers)}`,
    `How many times as fast as each peer roentgen is, round by round: median (least to most); below 1 the peer is faster:\n\n${rows(ratioText, others)}`,
    `CPU-milliseconds of a film in all threads, the median of rounds (threads that wait by spinning count too):\n\n${rows(cpuText, peers)}`,
    `What ran:\n\n${whatRan(peers, visits)}`,
    ...verdicts(cells),
  ].join('\n\n')
}

function conditions(visits: readonly Visit[], settings: Settings, { cpu, cores, os }: Machine): string {
  const { batch, threads, seconds } = settings
  const loads = spreadOf(visits.map(({ loadBefore }) => loadBefore))
  return `${cpu}, ${cores} cores, ${os}; ${threads} threads, ${batch} films a batch, ${roundsText(visits)} of at least ${seconds} s each behind a second of warm-up, every visit in a process of its own; load of the machine before a visit ${loads.least.toFixed(1)} to ${loads.most.toFixed(1)}, median ${loads.median.toFixed(1)} (a visit leaves its own behind).`
}

/** Of a run that was stopped, some have one more than others; slow peers have one. */
function roundsText(visits: readonly Visit[]): string {
  const slow = new Set(PEERS.filter((peer) => peer.slow).map(({ name }) => name))
  const rounds = new Map<string, number>()
  for (const { backbone, peer } of visits.filter((visit) => !slow.has(visit.peer) && answerOf(visit))) {
    const key = `${backbone} ${peer}`
    rounds.set(key, (rounds.get(key) ?? 0) + 1)
  }
  const [least, most] = [Math.min(...rounds.values()), Math.max(...rounds.values())]
  return least === most ? `${most} ${most === 1 ? 'round' : 'rounds'}` : `${least} to ${most} rounds`
}

const rateText = (cell: Cell): string =>
  cell.rate === null ? '–' : `${figure(cell.rate.median)}${agrees(cell) ? '' : ' ≠'}`

const cpuText = ({ cpuMs }: Cell): string => (cpuMs === null ? '–' : figure(cpuMs.median))

const ratioText = ({ ratio }: Cell): string =>
  ratio === null
    ? '–'
    : `${times(ratio.median)}${ratio.count === 1 ? '' : ` (${times(ratio.least)} to ${times(ratio.most)})`}`

const figure = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3))

/** Near 1, digits matter; far from it, none do. */
const times = (value: number): string => (value < 10 ? value.toFixed(2) : value.toFixed(0))

function whatRan(peers: readonly Peer[], visits: readonly Visit[]): string {
  const rows = peers.map((peer) => {
    const ran = visits.filter((visit) => visit.peer === peer.name).flatMap((visit) => answerOf(visit) ?? [])
    const list = (values: readonly unknown[]): string => [...new Set(values)].join(', ')
    const threads = list(ran.map(({ threads }) => threads ?? '?'))
    return [
      peer.name,
      peer.describe,
      list(ran.map(({ version }) => version)),
      threads,
      peer.slow ? '1, one round' : '',
    ]
  })
  return markdownTable(['peer', 'what', 'version', 'threads', 'films a batch, if others'], rows)
}

/** Sentences about what is not in the tables, or should not be believed in them. */
function verdicts(cells: readonly Cell[]): string[] {
  const lines = leftOutLines(cells)
  for (const { peer, backbone, difference } of differing(cells))
    lines.push(
      `≠ ${peer.name} computes other probabilities for ${backbone}: ${difference?.toPrecision(2)} from ours`,
    )
  return lines.length === 0 ? [] : [lines.map((line) => `- ${line}.`).join('\n')]
}

/** A peer that ran nowhere is one line. */
function leftOutLines(cells: readonly Cell[]): string[] {
  return PEERS.flatMap((peer) => {
    const mine = cells.filter((cell) => cell.peer === peer)
    const failed = mine.filter(({ problems }) => problems.length > 0)
    const reasons = [...new Set(failed.flatMap(({ problems }) => problems))]
    return reasons.map((reason) => {
      const where = failed.filter(({ problems }) => problems.includes(reason))
      const which =
        where.length === mine.length ? '' : ` on ${where.map(({ backbone }) => backbone).join(', ')}`
      return `Left out: ${peer.name}${which} (${escaped(reason)})`
    })
  })
}

/** A problem is text of other programs: no cell, mark or tag of ours. */
const escaped = (text: string): string => text.replaceAll(/[|<>`*_]/g, (mark) => `\\${mark}`)

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
