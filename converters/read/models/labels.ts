/** Class names that tools leave beside a model: Teachable Machine's metadata.json or labels.txt. */
import type { Files } from '../files.ts'

/** Larger files are no list of classes. */
const MOST_BYTES = 1 << 20

/** @param stem  the model's file without its extension: `covid` for covid.h5, whose classes stand in covid.labels.txt
 *  @returns names in the order of the outputs, and the file they stand in */
export async function labelsBeside(
  files: Files,
  stem: string | undefined,
): Promise<{ names: readonly string[]; file: string } | undefined> {
  const texts = [...(stem === undefined ? [] : [`${stem}.labels.txt`]), 'labels.txt']
  for (const [file, parse] of [
    ...texts.map((name) => [name, fromText] as const),
    ['metadata.json', fromJson] as const,
  ]) {
    if (!files.names.includes(file) || ((await files.size(file)) ?? MOST_BYTES) >= MOST_BYTES) continue
    const names = parse(Buffer.from(await files.read(file)).toString('utf8'))
    if (names.length > 0) return { names, file }
  }
  return undefined
}

/** One class a line; `0 Normal` counts, in order. */
function fromText(text: string): string[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '')
  const isCounted = lines.every((line, i) => line.startsWith(`${i} `))
  return lines.map((line) => (isCounted ? line.slice(line.indexOf(' ') + 1) : line).trim())
}

function fromJson(text: string): string[] {
  try {
    const { labels } = JSON.parse(text) as { labels?: unknown }
    return Array.isArray(labels) && labels.every((label) => typeof label === 'string') ? labels : []
  } catch {
    return []
  }
}
