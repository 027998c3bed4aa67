/** What a training engine is: one of tfjs' backends, with what it needs, opened for this process. */

export interface Engine {
  name: string
  /** Of the library that computes. */
  version: string
  /** What it computes on, in words. */
  device: string
  /** Gives the device back. Variables of tfjs stay, on plain JavaScript, which is set then. */
  close(): Promise<void>
}

/** A row of ENGINES. */
export interface EngineRow {
  name: string
  describe: string
  /** @param isNamed  whether the user asked for this very engine; what is there, but slower than the next, does only then
   *  @returns true, or what is missing and how to get it, in one line */
  available(isNamed: boolean): Promise<true | string>
  /** Sets tfjs' backend. @throws whatever the libraries throw */
  open(): Promise<Engine>
}
