import type { Annotation } from '#shared/model/annotation.ts'
import { sameValue } from '#shared/model/change-set.ts'

export type Field = 'className' | 'shape' | 'attributes'
export const FIELDS: readonly Field[] = ['className', 'shape', 'attributes']

/** The acknowledged edits of one annotation: by whom, in order. */
export interface Story {
  /** Where it was made, for the message. */
  path: string
  writes: { by: number; field: Field; value: unknown }[]
  deletedBy: Set<number>
  /** It was shown to somebody as a conflict. */
  wasInConflict: boolean
  /** Somebody undid an edit, so their decision counts. */
  wasUndone: boolean
  /** The deletion of its class was discarded, so deletions by others before that may be reverted. */
  wasRestored: boolean
  /** It belongs to an upload that skips existing images, so its image may never have been sent. */
  isOptional: boolean
}

/** An annotation on the service, with its image. */
export interface Found {
  imageId: string
  annotation: Annotation
}

/** The history of every annotation, to compare with the final state. */
export class Stories {
  readonly #stories = new Map<string, Story>()
  /** The later names of classes. */
  readonly #renames = new Map<string, string[]>()

  begin(annotation: Annotation, path: string, by: number, { isOptional = false } = {}): void {
    this.#stories.set(annotation.id, {
      path,
      writes: FIELDS.map((field) => ({ by, field, value: annotation[field] })),
      deletedBy: new Set(),
      wasInConflict: false,
      wasUndone: false,
      wasRestored: false,
      isOptional,
    })
  }

  of(id: string): Story | undefined {
    return this.#stories.get(id)
  }

  write(id: string, by: number, field: Field, value: unknown): void {
    this.#stories.get(id)?.writes.push({ by, field, value })
  }

  /**
   * Somebody took their deletion back: the annotation comes back as they knew it. What another person changed before
   * they deleted it, too, nobody else has seen.
   */
  restore(id: string, by: number, annotation: Annotation): void {
    const story = this.#stories.get(id)
    if (!story) return
    story.deletedBy.delete(by)
    story.wasRestored = true
    for (const field of FIELDS) story.writes.push({ by, field, value: annotation[field] })
  }

  rename(from: string, to: string): void {
    this.#renames.set(from, [...(this.#renames.get(from) ?? []), to])
  }

  /** All names that a class may have by now. */
  namesOf(name: string): Set<string> {
    const names = new Set([name])
    for (const known of names) for (const next of this.#renames.get(known) ?? []) names.add(next)
    return names
  }

  /** Throws if an acknowledged edit is neither present nor explained, or an annotation exists twice. */
  check(found: readonly Found[]): void {
    const byId = Map.groupBy(found, ({ annotation }) => annotation.id)
    for (const [id, places] of byId)
      if (places.length > 1) throw new Error(`${id} is there ${places.length} times`)
    for (const [id, story] of this.#stories) {
      const [place] = byId.get(id) ?? []
      this.#checkOne(id, story, place?.annotation)
    }
  }

  #checkOne(id: string, story: Story, final: Annotation | undefined): void {
    const excused = story.wasInConflict || story.wasUndone
    if (!final) {
      if (story.deletedBy.size === 0 && !excused && !story.isOptional)
        throw new Error(`${id} on ${story.path} is gone, and nobody deleted it`)
      return
    }
    if (excused) return
    if (story.deletedBy.size > 0 && !story.wasRestored)
      throw new Error(`${id} on ${story.path} was deleted and is there`)
    for (const field of FIELDS) this.#checkField(id, story, field, final[field])
  }

  #checkField(id: string, { path, writes: all }: Story, field: Field, final: unknown): void {
    const writes = all.filter((write) => write.field === field)
    // Only each person's last write counts, because it replaced their earlier ones.
    const last = new Map(writes.map(({ by, value }) => [by, value]))
    const means = (value: unknown) => this.#isSame(field, value, final)
    if (![...last.values()].some(means))
      throw new Error(
        `${id} on ${path}: ${field} is ${JSON.stringify(final)}, and nobody’s last word was that`,
      )
    // If only one person changed it, their value must be there.
    const [only, second] = new Set(writes.slice(1).map(({ by }) => by))
    const word = only === undefined ? undefined : last.get(only)
    if (only !== undefined && second === undefined && !means(word))
      throw new Error(
        `${id} on ${path}: ${field} should be ${JSON.stringify(word)} as person ${only} left it`,
      )
  }

  /** A class may have been renamed since. */
  #isSame(field: Field, said: unknown, is: unknown): boolean {
    if (sameValue(said, is)) return true
    return field === 'className' && this.namesOf(String(said)).has(String(is))
  }
}
