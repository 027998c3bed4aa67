/** What is done to a good file to make a bad one: to its json as a tree, to its text, to its bytes. Seeded. */

export type Random = () => number
type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

const below = (most: number, random: Random): number => Math.floor(random() * most)
const oneOf = <T>(all: readonly T[], random: Random): T => all[below(all.length, random)]!

function nested(depth: number): Json {
  let value: Json = []
  for (let i = 0; i < depth; i++) value = [value]
  return value
}

/** What stands where something else belongs; sizes that no machine has among them. */
const ODD: readonly (() => Json)[] = [
  ...[0, -1, 1, 2, 1.5, 1e-30, 65_536, 1e9, 2 ** 31, -(2 ** 31), 2 ** 53, 1e308, -1e308].map((n) => () => n),
  ...['', 'x', 'NaN', '../x', '__proto__', 'constructor', 'a'.repeat(100_000)].map((text) => () => text),
  ...[null, true, false].map((value) => () => value),
  () => [],
  () => ({}),
  () => [[[]]],
  () => nested(1000),
  () => ({ class_name: 'Dense', config: {} }),
  () => [1e9, 1e9],
]

/** A place in a tree: what holds it, and under which key. */
interface Place {
  holder: Json[] | { [key: string]: Json }
  key: string
}

/** All places, outer ones first; not by recursion, since some trees are deeper than the stack. */
function placesIn(value: Json): Place[] {
  const inside = (holder: Json): Place[] =>
    typeof holder === 'object' && holder !== null
      ? Object.keys(holder).map((key) => ({ holder, key }) as Place)
      : []
  const places: Place[] = []
  const open = inside(value).reverse()
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    places.push(place)
    open.push(...inside(at(place)).reverse())
  }
  return places
}

const at = ({ holder, key }: Place): Json => (holder as { [key: string]: Json })[key]!
const put = ({ holder, key }: Place, value: Json): void => {
  Object.defineProperty(holder, key, { value, writable: true, enumerable: true, configurable: true })
}

const CHANGES: readonly ((places: readonly Place[], random: Random) => void)[] = [
  (places, random) => put(oneOf(places, random), oneOf(ODD, random)()),
  // Numbers are where sizes are.
  (places, random) => {
    const numbers = places.filter((place) => typeof at(place) === 'number')
    if (numbers.length > 0) put(oneOf(numbers, random), oneOf(ODD.slice(0, 13), random)())
  },
  (places, random) => {
    const numbers = places.filter((place) => typeof at(place) === 'number')
    if (numbers.length === 0) return
    const place = oneOf(numbers, random)
    const value = at(place) as number
    put(place, oneOf([value + 1, value - 1, value * 2, -value, value * 1000, String(value)], random))
  },
  (places, random) => {
    const { holder, key } = oneOf(places, random)
    if (Array.isArray(holder)) holder.splice(Number(key), 1)
    else delete holder[key]
  },
  (places, random) => {
    const place = oneOf(places, random)
    const copy = structuredClone(at(place))
    if (Array.isArray(place.holder)) place.holder.splice(Number(place.key), 0, copy)
    else put({ holder: place.holder, key: `${place.key}_2` }, copy)
  },
  (places, random) => {
    const [one, other] = [oneOf(places, random), oneOf(places, random)]
    const [first, second] = [structuredClone(at(one)), structuredClone(at(other))]
    put(one, second)
    put(other, first)
  },
  (places, random) => {
    const texts = places.filter((place) => typeof at(place) === 'string')
    if (texts.length > 1) put(oneOf(texts, random), at(oneOf(texts, random)))
  },
]

/** A text of json with one to three changes of its tree, or of its letters. */
export function mutateJson(text: string, random: Random): string {
  if (random() < 0.1) return mutateText(text, random)
  const tree = { root: JSON.parse(text) as Json }
  const count = 1 + below(3, random)
  for (let i = 0; i < count; i++) {
    const places = placesIn(tree.root)
    if (places.length > 0) oneOf(CHANGES, random)(places, random)
  }
  return JSON.stringify(tree.root) ?? ''
}

function mutateText(text: string, random: Random): string {
  const [from, to] = [below(text.length, random), below(text.length, random)].sort((a, b) => a - b) as [
    number,
    number,
  ]
  const made = [
    text.slice(0, from),
    text.slice(0, from) + text.slice(to),
    text.slice(0, to) + text.slice(from),
    `${text.slice(0, from)}${oneOf(['{', '"', ',', '\\', '\u0000', '1e999', '-'], random)}${text.slice(from + 1)}`,
    '['.repeat(100_000),
    `{"modelTopology":${'{"config":'.repeat(50_000)}`,
  ]
  return oneOf(made, random)
}

/** Bytes with some of them others, zeroed, cut off, or in another place.
 *  @param head  how many bytes at the beginning are likelier to be hit: a file's structure */
export function mutateBytes(whole: Uint8Array, random: Random, head = whole.length): Uint8Array {
  const bytes = Uint8Array.from(whole)
  const place = (): number => below(random() < 0.7 ? head : bytes.length, random)
  const changes: readonly (() => Uint8Array | undefined)[] = [
    () => bytes.subarray(0, 1 + below(bytes.length, random)),
    () => {
      for (let i = 0; i < 8; i++) bytes[place()] = below(256, random)
    },
    () => {
      bytes[place()]! ^= 1 << below(8, random)
    },
    () => void bytes.fill(oneOf([0, 255], random), ...([place(), place()].sort((a, b) => a - b) as [number])),
    () => {
      const start = place()
      bytes.copyWithin(place(), start, start + 64)
    },
  ]
  return oneOf(changes, random)() ?? bytes
}
