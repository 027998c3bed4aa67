/** Where an unfinished run goes on: behind the films of its journal, which must still be the films that they were. */
import { stat } from 'node:fs/promises'
import { RoentgenError } from '../../../errors.ts'
import type { FileFacts } from '../../image/decode.ts'
import { ahead } from '../ahead.ts'
import type { ScoredFilm } from '../row.ts'
import { readJournal } from './journal.ts'

/** Files that are looked at together. */
const LOOKED_AT = 32

/** Passes over the films that are done.
 *  @param films  all films of the run, in their order
 *  @returns those that are not done
 *  @throws ROE_RESUME with the first film that is another one now: another path, size or time of change */
export async function* missingFilms(
  journal: string,
  films: Iterable<string> | AsyncIterable<string>,
): AsyncGenerator<string> {
  const iterator = toAsync(films)
  for await (const { film, path, file } of ahead(lookedAt(journal, iterator), LOOKED_AT)) {
    const change = changeOf(film, path, await file)
    if (change !== null) throw new RoentgenError('ROE_RESUME', { where: film.path, changes: [change] })
  }
  yield* iterator
}

async function* toAsync(films: Iterable<string> | AsyncIterable<string>): AsyncGenerator<string> {
  yield* films
}

/** Each film of the journal beside the one that has its place now. The promise is in an object, since a generator waits
 *  for a promise that it yields. */
async function* lookedAt(journal: string, films: AsyncGenerator<string>) {
  for await (const film of readJournal(journal)) {
    const next: IteratorResult<string, undefined> = await films.next()
    const path = next.done === true ? null : next.value
    yield { film, path, file: path === null ? null : fileOf(path) }
  }
}

const fileOf = (path: string): Promise<FileFacts | null> =>
  stat(path).then(
    ({ size, mtimeMs }) => ({ sizeBytes: size, mtimeMs }),
    () => null,
  )

function changeOf(film: ScoredFilm, path: string | null, file: FileFacts | null): string | null {
  if (path === null) return 'it is no longer among the films'
  if (path !== film.path) return `now ${path} has its place among the films`
  const [was, is] = [factsOf(film.file), factsOf(file)]
  return was === is ? null : `its file was ${was}, and is ${is}`
}

const factsOf = (file: FileFacts | null): string =>
  file === null ? 'not there' : `${file.sizeBytes} bytes of ${new Date(file.mtimeMs).toISOString()}`
