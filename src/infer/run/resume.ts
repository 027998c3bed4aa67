/** Where an unfinished run goes on: behind the films of its journal, which must still be the films that they were. */
import { RoentgenError } from '../../../errors.ts'
import { type FileFacts, lookAtFilm } from '../../image/decode.ts'
import { ahead } from '../ahead.ts'
import { type Films, type NamedFilm, named } from '../named.ts'
import type { ScoredFilm } from '../row.ts'
import { readJournal } from './journal.ts'

/** Files that are looked at together. */
const LOOKED_AT = 32

/** Passes over the films that are done.
 *  @param films  all films of the run, in their order
 *  @returns those that are not done
 *  @throws ROE_RESUME with the first film that is another one now: another path, size or time of change */
export async function* missingFilms(journal: string, films: Films): AsyncGenerator<NamedFilm> {
  const iterator = toAsync(films)
  for await (const { film, now, file } of ahead(lookedAt(journal, iterator), LOOKED_AT)) {
    const change = changeOf(film, now, await file)
    if (change !== null) throw new RoentgenError('ROE_RESUME', { where: film.path, changes: [change] })
  }
  yield* iterator
}

async function* toAsync(films: Films): AsyncGenerator<NamedFilm> {
  for await (const film of films) yield named(film)
}

/** Each film of the journal beside the one that has its place now. The promise is in an object, since a generator waits
 *  for a promise that it yields. */
async function* lookedAt(journal: string, films: AsyncGenerator<NamedFilm>) {
  for await (const film of readJournal(journal)) {
    const next: IteratorResult<NamedFilm, undefined> = await films.next()
    const now = next.done === true ? null : next.value
    yield { film, now, file: now === null ? null : factsOf(now.path) }
  }
}

const factsOf = (path: string): Promise<FileFacts | null> => lookAtFilm(path).catch(() => null)

function changeOf(film: ScoredFilm, now: NamedFilm | null, file: FileFacts | null): string | null {
  if (now === null) return 'it is no longer among the films'
  if (now.name !== film.path) return `now ${now.name} has its place among the films`
  // Nobody looked at a film that took its worker along.
  if (film.status === 'failed' && film.failure.stage === 'worker') return null
  const [was, is] = [textOf(film.file), textOf(file)]
  return was === is ? null : `its file was ${was}, and is ${is}`
}

const textOf = (file: FileFacts | null): string =>
  file === null ? 'not there' : `${file.sizeBytes} bytes of ${new Date(file.mtimeMs).toISOString()}`
