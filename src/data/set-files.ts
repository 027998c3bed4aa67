/** The files that `roentgen dataset` writes beside the films of a set. They are no films, and whoever names the folder means
 *  the films: a search through it passes them over, known by how they begin. */
import { open } from 'node:fs/promises'
import { fileOf } from '../image/raw-path.ts'

/** First columns of every manifest that is written here. */
export const MANIFEST_COLUMNS = ['path', 'label', 'patient'] as const
export const LEFT_OUT_COLUMNS = ['file', 'label', 'reason', 'detail'] as const
/** How a set was built. */
export const SET_FACTS = 'dataset.json'

/** What they are called (a manifest alone may have any name), and how they begin. */
const SET_FILES: readonly { name: RegExp; begins: RegExp }[] = [
  { name: /\.csv$/i, begins: new RegExp(`^${MANIFEST_COLUMNS.join()}[,\\r\\n]`) },
  { name: /^left-out\.csv$/, begins: new RegExp(`^${LEFT_OUT_COLUMNS.join()}[\\r\\n]`) },
  { name: /^dataset\.json$/, begins: /^\{\s*"version":\s*1,\s*"set":/ },
]

/** Bytes that tell. */
const BEGINNING = 64

/** Whether a file is one of these; false for whatever cannot be read. @param path  what the file is opened by */
export async function isSetFile(path: string): Promise<boolean> {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const rows = SET_FILES.filter((row) => row.name.test(name))
  if (rows.length === 0) return false
  const text = await beginningOf(path)
  return rows.some(({ begins }) => begins.test(text))
}

async function beginningOf(path: string): Promise<string> {
  try {
    const file = await open(fileOf(path))
    try {
      // A pipe would wait for whoever writes it.
      if (!(await file.stat()).isFile()) return ''
      const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(BEGINNING), position: 0 })
      return buffer.toString('latin1', 0, bytesRead)
    } finally {
      await file.close()
    }
  } catch {
    return ''
  }
}
