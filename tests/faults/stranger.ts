import { fromWireAnnotation, toWireAnnotation } from '#core/api/wire-annotation.ts'
import type { Emulator } from '#emulator/server.ts'
import { type Annotation, newAnnotation } from '#shared/model/annotation.ts'
import type { Stories } from './stories.ts'

/** Somebody who works on the service's own pages, online and with another program than this app. */
export const STRANGER = 99

interface Deps {
  state: Emulator['state']
  dataset: string
  stories: Stories
  pick: <T>(items: readonly T[]) => T
  below: (limit: number) => number
  say: (what: string) => void
}

/** The service's annotations of an image in the app's form. */
export function annotationsOf(state: Emulator['state'], imageId: string): Annotation[] {
  return state.annotations(imageId).map((value) => {
    const parsed = fromWireAnnotation(value)
    if (!parsed.ok) throw new Error(`The service has an invalid annotation: ${parsed.message}`)
    return parsed.annotation
  })
}

/** Draws, moves, archives and creates classes, which the others see later. */
export class Stranger {
  readonly #deps: Deps
  /** Classes that they created. */
  readonly classes: string[] = []
  #count = 0

  constructor(deps: Deps) {
    this.#deps = deps
  }

  act(): void {
    const { below } = this.#deps
    const what = below(100)
    if (what < 30) this.#draw()
    else if (what < 55) this.#change()
    else if (what < 65) this.#delete()
    else if (what < 80) this.#move()
    else if (what < 90) this.#archive()
    else this.#addClass()
  }

  #image() {
    const { state, dataset, pick } = this.#deps
    const live = state.images(state.dataset(dataset).id).filter(({ is_archived }) => !is_archived)
    const { annotation_count: _count, ...image } = pick(live)
    return image
  }

  #save(imageId: string, annotations: readonly Annotation[]): void {
    this.#deps.state.setAnnotations(imageId, annotations.map(toWireAnnotation) as never)
  }

  #draw(): void {
    const { state, dataset, stories, pick, below, say } = this.#deps
    const { id, filename } = this.#image()
    // Labels of uploads without ids are counted by their class.
    const names = state
      .dataset(dataset)
      .classes.map(({ name }) => name)
      .filter((name) => !name.startsWith('y'))
    if (names.length === 0) return
    const shape = { kind: 'bbox' as const, x: below(90), y: 40, w: 6, h: 6 }
    const made = newAnnotation(shape, pick(names), { id: `w${this.#count++}` })
    this.#save(id, [...annotationsOf(state, id), made])
    stories.begin(made, filename, STRANGER)
    say(`draws ${made.id} on ${filename}`)
  }

  #change(): void {
    const { state, stories, pick, below, say } = this.#deps
    const { id } = this.#image()
    const all = annotationsOf(state, id)
    const one = pick(all.filter((annotation) => stories.of(annotation.id)))
    if (!one) return
    const shape = { kind: 'bbox' as const, x: below(90), y: 60, w: 7, h: 7 }
    this.#save(
      id,
      all.map((annotation) => (annotation === one ? { ...one, shape } : annotation)),
    )
    stories.write(one.id, STRANGER, 'shape', shape)
    say(`moves ${one.id}`)
  }

  #delete(): void {
    const { state, stories, pick, say } = this.#deps
    const { id } = this.#image()
    const all = annotationsOf(state, id)
    const one = pick(all.filter((annotation) => stories.of(annotation.id)))
    if (!one) return
    this.#save(
      id,
      all.filter((annotation) => annotation !== one),
    )
    stories.of(one.id)?.deletedBy.add(STRANGER)
    say(`deletes ${one.id}`)
  }

  #move(): void {
    const { state, below, say } = this.#deps
    const image = this.#image()
    const directory_path = `/d${below(3)}`
    const isTaken = state
      .images(image.dataset_id)
      .some((other) => other.directory_path === directory_path && other.filename === image.filename)
    if (isTaken) return
    state.moveImage({ ...image, directory_path })
    say(`moves ${image.filename} to ${directory_path}`)
  }

  #archive(): void {
    const { state, dataset, pick, say } = this.#deps
    const all = state.images(state.dataset(dataset).id)
    const gone = all.filter(({ is_archived }) => is_archived)
    const image = gone.length > 1 ? pick(gone) : this.#image()
    const { annotation_count: _count, ...stored } = { annotation_count: 0, ...image }
    // A replaced image stays archived, because its path belongs to another one.
    if (stored.directory_path.startsWith('/replaced')) return
    state.updateImage({ ...stored, is_archived: !stored.is_archived })
    say(`${stored.is_archived ? 'restores' : 'archives'} ${stored.filename}`)
  }

  #addClass(): void {
    const { state, dataset, pick, say } = this.#deps
    const name = `web${this.#count++}`
    const stored = state.dataset(dataset)
    // Other programs sometimes write unusual data, which must all stay unchanged.
    const odd = pick([
      { name, color: '#332288' },
      { name, color: 'red', attributes: [{ name: '', type: 'text' as const }] },
      { name, color: null, type: 'polygon' },
      { name, color: '#332288', skeleton: { nodes: [], edges: [] } },
    ])
    state.putDataset({ ...stored, classes: [...stored.classes, odd] })
    this.classes.push(name)
    say(`adds the class ${name}`)
  }
}
