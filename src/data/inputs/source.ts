/** What an input is: something that lists films, one by one, in its own order. `inputs.ts` makes them. */

export interface Listed {
  /** What the film is opened by; from the folder that the command was started in, or absolute. */
  path: string
  /** Absolute, without links to folders on the way, where that is known: two inputs that reach one file say the same. */
  real: string
  /** From the input's own root: the folder, the part of a pattern before its first sign, the folder of a list. */
  relative: string
  /** Why this is a folder that could not be walked into; null for whatever is a film, or was to be one. */
  problem: string | null
}

export interface Source {
  /** For messages: `the folder films`. */
  what: string
  /** Can be called again unless the input is a stream.
   *  @param told  gets what the user should know about the listing, one sentence each */
  films: (told: string[]) => AsyncGenerator<Listed>
  /** Whether this lists a film, by what `Listed.real` says of it. */
  covers: (real: string) => boolean
  /** False for a stream: what has been read from it is gone. */
  repeatable: boolean
  /** What `relative` counts from, absolute and without links, where it tells films apart by itself: a folder, a pattern, a
   *  list with a folder of its own. null for others. */
  root: string | null
}
