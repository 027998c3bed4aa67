/** Films that end their worker or hold it up, for our own tests: an environment variable names the film, and what becomes of
 *  the process when a job with it arrives. */

const HOOKS: Readonly<Record<string, () => void>> = {
  ROENTGEN_TEST_ABORT: () => process.abort(),
  ROENTGEN_TEST_HANG: () => {
    for (;;);
  },
  ROENTGEN_TEST_STALL: () => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2000)
  },
  ROENTGEN_TEST_MEMORY: () => {
    for (const all: unknown[] = []; ; ) all.push(new Array(100_000).fill(all.length))
  },
}

export function sufferHooks(paths: readonly string[]): void {
  for (const [name, suffer] of Object.entries(HOOKS)) if (paths.includes(process.env[name] ?? '')) suffer()
}
