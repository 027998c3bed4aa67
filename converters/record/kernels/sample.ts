/** Places in an image as pixels with weights. Pure arithmetic on numbers; what lies outside weighs nothing. */

/** In pixels, from the middle of the first. */
export interface Place {
  y: number
  x: number
}

/** What is seen outside of the image: one value, or one a channel. */
export type Fill = number | readonly number[]

/** For each place the number of a pixel, row by row, and its weight. */
export interface Tap {
  indices: number[]
  weights: number[]
}

interface Sizes {
  height: number
  width: number
}

const NOWHERE: Place = { y: -1, x: -1 }

function tapAt(places: readonly Place[], weights: readonly number[], { height, width }: Sizes): Tap {
  const isInside = places.map(({ y, x }) => y >= 0 && y < height && x >= 0 && x < width)
  return {
    indices: places.map(({ y, x }, i) => (isInside[i] ? y * width + x : 0)),
    weights: weights.map((weight, i) => (isInside[i] ? weight : 0)),
  }
}

/** The pixel that lies nearest. */
export function nearestTap(places: readonly (Place | null)[], sizes: Sizes): Tap {
  const rounded = places.map((place) =>
    place === null ? NOWHERE : { y: Math.round(place.y), x: Math.round(place.x) },
  )
  return tapAt(
    rounded,
    places.map(() => 1),
    sizes,
  )
}

/** The four pixels around each place. */
export function bilinearTaps(places: readonly (Place | null)[], sizes: Sizes): Tap[] {
  const corners: [number, number][] = [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ]
  return corners.map(([down, right]) => {
    const at = places.map((place) =>
      place === null ? NOWHERE : { y: Math.floor(place.y) + down, x: Math.floor(place.x) + right },
    )
    const weights = places.map((place) => {
      if (place === null) return 0
      const [fromTop, fromLeft] = [place.y - Math.floor(place.y), place.x - Math.floor(place.x)]
      return (down === 1 ? fromTop : 1 - fromTop) * (right === 1 ? fromLeft : 1 - fromLeft)
    })
    return tapAt(at, weights, sizes)
  })
}
