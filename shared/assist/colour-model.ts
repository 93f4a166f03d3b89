/** Kinds of colour that a side is made of. */
const COMPONENTS = 5
const ROUNDS = 6
/** Colours are told from at most so many pixels. */
const SAMPLES = 6_000
/** What a sensor adds to each channel, as variance: no kind of colour is narrower. */
const NOISE = 4
/** The longest surprise: a colour that was never seen tells no more than this. */
const LIMIT = 40

interface Component {
  mean: [number, number, number]
  /** Upper half of the inverse covariance: xx, xy, xz, yy, yz, zz. */
  inverse: [number, number, number, number, number, number]
  /** -log of its weight over the root of its determinant. */
  base: number
}

/** Which colours a region has: a mixture of normal distributions of red, green and blue. */
export interface ColourModel {
  /** How surprising a colour is: -log of its probability, without constants; 0..LIMIT. */
  surprise(red: number, green: number, blue: number): number
}

/**
 * Learns the colours of pixels (4 bytes each, as in `Pixels`), given by their numbers. Each belongs to the nearest of five
 * means, which are found by k-means from the same start each time; as in GrabCut (Rother, 2004). At least one pixel.
 */
export function learnColours(
  data: Uint8ClampedArray | Uint8Array,
  pixels: ArrayLike<number>,
): ColourModel {
  const every = Math.max(1, Math.floor(pixels.length / SAMPLES))
  const count = Math.floor((pixels.length - 1) / every) + 1
  const colours = new Float64Array(count * 3)
  for (let index = 0; index < count; index++)
    for (let channel = 0; channel < 3; channel++)
      colours[index * 3 + channel] = data[pixels[index * every] * 4 + channel]
  const means = firstMeans(colours)
  const owner = new Uint8Array(count)
  for (let round = 0; round < ROUNDS; round++) {
    assign(colours, means, owner)
    moveMeans(colours, owner, means)
  }
  assign(colours, means, owner)
  const components = componentsOf(colours, owner)
  return {
    surprise: (red, green, blue) => {
      let likelihood = 0
      for (const { mean, inverse, base } of components) {
        const x = red - mean[0]
        const y = green - mean[1]
        const z = blue - mean[2]
        const squared =
          x * (inverse[0] * x + 2 * (inverse[1] * y + inverse[2] * z)) +
          y * (inverse[3] * y + 2 * inverse[4] * z) +
          inverse[5] * z * z
        likelihood += Math.exp(-base - squared / 2)
      }
      return Math.min(LIMIT, Math.max(0, -Math.log(likelihood + 1e-30)))
    },
  }
}

/** The first colour, and then always the one that is farthest from those taken (Gonzalez, 1985). */
function firstMeans(colours: Float64Array): number[][] {
  const count = colours.length / 3
  const nearest = new Float64Array(count).fill(Number.POSITIVE_INFINITY)
  const means = [[colours[0], colours[1], colours[2]]]
  while (means.length < COMPONENTS) {
    const last = means[means.length - 1]
    let farthest = 0
    for (let index = 0; index < count; index++) {
      nearest[index] = Math.min(nearest[index], squaredDistance(colours, index, last))
      if (nearest[index] > nearest[farthest]) farthest = index
    }
    if (nearest[farthest] === 0) break
    means.push([...colours.subarray(farthest * 3, farthest * 3 + 3)])
  }
  return means
}

function squaredDistance(colours: Float64Array, index: number, mean: readonly number[]): number {
  const red = colours[index * 3] - mean[0]
  const green = colours[index * 3 + 1] - mean[1]
  const blue = colours[index * 3 + 2] - mean[2]
  return red * red + green * green + blue * blue
}

function assign(colours: Float64Array, means: readonly number[][], owner: Uint8Array): void {
  for (let index = 0; index < owner.length; index++) {
    let least = Number.POSITIVE_INFINITY
    for (let mean = 0; mean < means.length; mean++) {
      const away = squaredDistance(colours, index, means[mean])
      if (away >= least) continue
      least = away
      owner[index] = mean
    }
  }
}

function moveMeans(colours: Float64Array, owner: Uint8Array, means: number[][]): void {
  const sums = means.map(() => [0, 0, 0, 0])
  owner.forEach((mean, index) => {
    for (let channel = 0; channel < 3; channel++)
      sums[mean][channel] += colours[index * 3 + channel]
    sums[mean][3]++
  })
  sums.forEach(([red, green, blue, count], mean) => {
    if (count > 0) means[mean] = [red / count, green / count, blue / count]
  })
}

function componentsOf(colours: Float64Array, owner: Uint8Array): Component[] {
  const components: Component[] = []
  for (let mean = 0; mean < COMPONENTS; mean++) {
    const members = [...owner.keys()].filter((index) => owner[index] === mean)
    if (members.length === 0) continue
    const of = (one: number, other: number) =>
      members.reduce(
        (sum, index) => sum + colours[index * 3 + one] * colours[index * 3 + other],
        0,
      ) / members.length
    const centre = [0, 1, 2].map(
      (channel) =>
        members.reduce((sum, index) => sum + colours[index * 3 + channel], 0) / members.length,
    )
    const between = (one: number, other: number) =>
      of(one, other) - centre[one] * centre[other] + (one === other ? NOISE : 0)
    const [xx, xy, xz] = [between(0, 0), between(0, 1), between(0, 2)]
    const [yy, yz, zz] = [between(1, 1), between(1, 2), between(2, 2)]
    const determinant =
      xx * (yy * zz - yz * yz) - xy * (xy * zz - yz * xz) + xz * (xy * yz - yy * xz)
    const inverse = [
      yy * zz - yz * yz,
      xz * yz - xy * zz,
      xy * yz - xz * yy,
      xx * zz - xz * xz,
      xy * xz - xx * yz,
      xx * yy - xy * xy,
    ].map((value) => value / determinant)
    components.push({
      mean: [centre[0], centre[1], centre[2]],
      inverse: [inverse[0], inverse[1], inverse[2], inverse[3], inverse[4], inverse[5]],
      base: -Math.log(members.length / owner.length / Math.sqrt(determinant)),
    })
  }
  return components
}
