/** The two models of `roentgen verify`: a model of tfjs or Keras runs in a process of its own, which a damaged TensorFlow
 *  may end, and behind what was put in front of the ONNX file that it is compared with. */
import { eitherModel } from '../../converters/either-model.ts'
import { type OnnxFile, openOnnx } from '../../converters/open-onnx.ts'
import type { Runnable } from '../../converters/runnable.ts'
import { RoentgenError } from '../../errors.ts'
import type { SaidFacts } from './convert-facts.ts'
import { type ReferenceApart, referenceApart } from './convert-reference.ts'
import { filmOptionsText } from './film-options.ts'
import { mayBePair, saidByFile } from './said-by-file.ts'

/** A model of tfjs or Keras, as it is. */
interface Bare extends Runnable {
  reference: ReferenceApart
}
type Side = Bare | OnnxFile

export interface Sides {
  models: [Runnable, Runnable]
  /** What a model was given because the other has it, in words. */
  notes: string[]
  stop: () => void
}

/** @param given  by the user: it counts before what a file says, and is put in front of every model that is no ONNX file
 *  @param note  told what is passed over
 *  @throws what reading throws; ROE_OPTION where a model cannot be given this */
export async function openSides(
  paths: readonly [string, string],
  { register, ...said }: SaidFacts,
  note: (line: string) => void,
): Promise<Sides> {
  const given: SaidFacts = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined))
  const sides: Side[] = []
  const stop = (): void => {
    for (const side of sides) side.dispose()
  }
  try {
    const openBare = async (path: string) => bareOf(path, referenceApart(path, { register }, note))
    for (const path of paths) sides.push(await eitherModel<Side>(path, openBare, openOnnx))
    const [a, b] = sides as [Side, Side]
    requireBare(sides, given)
    const [first, second] = [await behindSaid(a, b, given), await behindSaid(b, a, given)]
    return { models: [first.model, second.model], notes: [...first.notes, ...second.notes], stop }
  } catch (error) {
    stop()
    throw error
  }
}

async function bareOf(path: string, reference: ReferenceApart): Promise<Bare> {
  const dispose = (): void => reference.stop()
  try {
    return { path, ...(await reference.opened), reference, run: reference.of(false), dispose }
  } catch (error) {
    dispose()
    throw error
  }
}

/** An ONNX file is what it is. */
function requireBare(sides: readonly Side[], given: SaidFacts): void {
  const where = filmOptionsText(given)
  if (where === '' || sides.some((side) => 'reference' in side)) return
  const expected = 'a model of tfjs or Keras, which it is put in front of'
  throw new RoentgenError('ROE_OPTION', { where, expected, received: 'two ONNX files' })
}

async function behindSaid(
  side: Side,
  other: Side,
  given: SaidFacts,
): Promise<{ model: Runnable; notes: string[] }> {
  if (!('reference' in side)) return { model: side, notes: [] }
  const facts = 'header' in other ? saidByFile(other, side, given) : given
  const isPair = 'header' in other && mayBePair(other) && (await side.reference.columns()) === 1
  const found = Object.entries(facts).filter(([name]) => !Object.hasOwn(given, name))
  const text = [filmOptionsText(Object.fromEntries(found)), ...(isPair ? ['both classes'] : [])]
    .filter((part) => part !== '')
    .join(' and ')
  const notes = text === '' ? [] : [`${side.path}: compared with ${text}, as ${other.path} has it`]
  if (filmOptionsText(facts) === '' && !isPair) return { model: side, notes }
  const shown = await side.reference.behind(facts)
  return { model: { ...side, ...shown, run: side.reference.of(isPair) }, notes }
}
