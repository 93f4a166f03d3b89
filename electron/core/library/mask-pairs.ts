import { maskLayout } from '#core/formats/label-file-name.ts'
import { fileNameOf, stemOf } from '#shared/model/paths.ts'

const keyOf = (root: string, inner: string) => `${root}\0${inner}`

/**
 * Where the image of a mask may lie, best first: below the folder above the masks' folder, else anywhere; at the mask's
 * path below its folder, else only with its name.
 */
function placesOf(mask: string): [root: string, inner: string][] {
  const { root, inner } = maskLayout(mask)
  const near = root.toLowerCase()
  const name = fileNameOf(inner)
  return [
    [near, inner],
    ['', inner],
    [near, name],
    ['', name],
  ]
}

/**
 * Finds the image of each mask. Add all masks (paths for which `mayBeMask`), then all images, then ask. File names repeat
 * in each folder of a video, so images are looked up by the places that masks ask for, and never searched.
 */
export class MaskPairs {
  /** The image at each place that a mask asks for; null: none so far. */
  readonly #imageAt = new Map<string, string | null>()
  /** For each root, how many folders and names the asked paths below it have. */
  readonly #depths = new Map<string, Set<number>>()

  addMask(mask: string): void {
    for (const [root, inner] of placesOf(mask)) {
      this.#imageAt.set(keyOf(root, inner), null)
      const depths = this.#depths.get(root) ?? new Set()
      this.#depths.set(root, depths.add(inner.split('/').length))
    }
  }

  addImage(image: string): void {
    const names = stemOf(image).toLowerCase().split('/')
    for (let above = 0; above < names.length; above++) {
      const root = names.slice(0, above).join('/')
      for (const depth of this.#depths.get(root) ?? []) {
        if (depth > names.length - above) continue
        const key = keyOf(root, names.slice(-depth).join('/'))
        if (this.#imageAt.get(key) === null) this.#imageAt.set(key, image)
      }
    }
  }

  imageOf(mask: string): string | null {
    for (const [root, inner] of placesOf(mask)) {
      const image = this.#imageAt.get(keyOf(root, inner))
      if (image) return image
    }
    return null
  }
}
