/** The most memory that a process and its children ever had, from /proc (Linux; elsewhere nothing is known, and 0). */
import { readFileSync } from 'node:fs'

const WATCH_MS = 20

/** @returns peaks by process, in KiB, when stopped: the first is the process itself, the others its children */
export function watchMemory(pid: number | undefined): { stop: () => number[] } {
  const peaks = new Map<number, number>([[pid ?? 0, 0]])
  const look = (): void => {
    for (const one of [pid ?? 0, ...childrenOf(pid)])
      peaks.set(
        one,
        Math.max(peaks.get(one) ?? 0, Number(/VmHWM:\s+(\d+) kB/.exec(read(`${one}/status`))?.[1] ?? 0)),
      )
  }
  const timer = setInterval(look, WATCH_MS)
  return {
    stop: () => {
      clearInterval(timer)
      return [...peaks.values()]
    },
  }
}

export const largestOf = (peaks: readonly number[]): number => Math.max(0, ...peaks)

const childrenOf = (pid: number | undefined): number[] =>
  read(`${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number)

function read(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, 'utf8')
  } catch {
    return ''
  }
}
