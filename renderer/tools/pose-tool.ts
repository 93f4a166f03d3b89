import { z } from 'zod'
import { actionKey, keyLabel } from '#renderer/document/key-label.ts'
import type { DraftData } from '#shared/contract/annotations.ts'
import { boxCorners, boxFromCorners } from '#shared/geometry/box.ts'
import { distance } from '#shared/geometry/point.ts'
import { type Annotation, newAnnotation, type Point } from '#shared/model/annotation.ts'
import { defaultAttributes } from '#shared/model/attributes.ts'
import {
  hasSkeleton,
  poseLinks,
  type SkeletonClass,
  templateIn,
  withOccluded,
} from '#shared/model/pose.ts'
import { t } from '#shared/texts/texts.ts'
import { IdleTool } from './idle-tool.ts'
import { NO_PREVIEW, type Pointer, type Preview, type ToolHost } from './tool.ts'

/** A press that moves more than this places the whole template. Screen pixels. */
const TEMPLATE_FROM = 8

/** A placed joint; null: it was skipped. */
const placedSchema = z.object({ x: z.number(), y: z.number(), occluded: z.boolean() }).nullable()
type Placed = z.infer<typeof placedSchema>
const draftSchema = z.object({
  className: z.string(),
  placed: z.array(placedSchema),
  /** The pose that is being completed, and its missing joints. */
  completing: z.object({ instanceId: z.number(), joints: z.array(z.string()) }).optional(),
})

/** The one selected pose with missing joints, and a skeleton of only those joints; null for any other selection. */
function incompletePose(host: ToolHost): { owner: SkeletonClass; instanceId: number } | null {
  const [first, ...others] = host.selected()
  const instanceId = first?.instanceId
  if (instanceId === undefined || others.some((other) => other.instanceId !== instanceId))
    return null
  const members = host.instanceOf(first)
  const owner = host.poseClass(members)
  const nodes = (owner?.skeleton.nodes ?? []).filter(
    ({ name }) => !members.some(({ className }) => className === name),
  )
  // Lines between new and old joints appear once the new joints exist.
  return owner && nodes.length > 0
    ? { owner: { ...owner, skeleton: { nodes, edges: [] } }, instanceId }
    : null
}

/** Draws a pose joint by joint in the order of its class's skeleton, or places the whole template by a drag. */
export class PoseTool extends IdleTool {
  /** One entry per joint of the skeleton, in its order. */
  #placed: Placed[] = []
  #className: string | null = null
  /** The selected pose whose missing joints are placed; null: a new pose is drawn. */
  #completing: { owner: SkeletonClass; instanceId: number } | null = null
  #pressed: Point | null = null
  #pointer: Pointer | null = null

  constructor(host: ToolHost, draft: DraftData | null) {
    super(host)
    const kept = draftSchema.safeParse(draft)
    if (kept.success) {
      this.#placed = kept.data.placed
      this.#className = kept.data.className
      const { completing } = kept.data
      const owner = this.#owner()
      if (completing && owner) {
        const nodes = owner.skeleton.nodes.filter(({ name }) => completing.joints.includes(name))
        const { instanceId } = completing
        this.#completing = { owner: { ...owner, skeleton: { nodes, edges: [] } }, instanceId }
      }
    } else this.#completing = incompletePose(host)
  }

  override pointerDown({ at }: Pointer): void {
    this.#pressed = at
  }

  override pointerMove(pointer: Pointer): void {
    this.#pointer = pointer
    this.host.changed()
  }

  override pointerUp(pointer: Pointer): void {
    this.#pointer = pointer
    const pressed = this.#pressed
    this.#pressed = null
    const owner = this.#owner()
    if (!pressed) return
    if (!owner) {
      this.host.say(this.hint())
      return
    }
    if (this.#placed.length === 0 && distance(pressed, pointer.at) > TEMPLATE_FROM * pointer.pixel)
      this.#create(
        owner,
        templateIn(owner.skeleton, boxFromCorners(pressed, pointer.at)).map((point) => ({
          ...point,
          occluded: false,
        })),
      )
    else this.#place({ ...pointer.at, occluded: pointer.alt })
  }

  skip(): void {
    if (this.#owner()) this.#place(null)
  }

  override finish(): boolean {
    const owner = this.#owner()
    if (!owner || this.#placed.length === 0) return false
    this.#create(owner, this.#placed)
    return true
  }

  override release(): boolean {
    const held = this.#pressed !== null
    this.#pressed = null
    this.host.changed()
    return held
  }

  override cancel(): boolean {
    const had = this.#placed.length > 0 || this.#pressed !== null || this.#completing !== null
    this.#completing = null
    this.#pressed = null
    this.#set([])
    return had
  }

  override removeLast(): boolean {
    if (this.#placed.length === 0) return false
    this.#set(this.#placed.slice(0, -1))
    return true
  }

  override preview(): Preview {
    const owner = this.#owner()
    const pointer = this.#pointer
    if (!owner || !pointer) return NO_PREVIEW
    const dragged = this.#pressed && this.#placed.length === 0 ? this.#pressed : null
    const isTemplate = dragged && distance(dragged, pointer.at) > TEMPLATE_FROM * pointer.pixel
    const box = isTemplate ? boxFromCorners(dragged, pointer.at) : null
    const points: (Point | null)[] = box
      ? templateIn(owner.skeleton, box)
      : [...this.#placed, pointer.at]
    const { nodes } = owner.skeleton
    const at = (joint: string) => points[nodes.findIndex(({ name }) => name === joint)] ?? undefined
    return {
      ...NO_PREVIEW,
      outlines: [
        ...poseLinks(owner.skeleton, at).map((points) => ({ points, closed: false })),
        ...(box ? [{ points: boxCorners(box), closed: true }] : []),
      ],
      vertices: box
        ? points.filter((point) => point !== null)
        : this.#placed.filter((point) => point !== null),
      caption: box ? null : (nodes[this.#placed.length]?.name ?? null),
    }
  }

  hint(): string {
    const owner = this.#owner()
    if (!owner)
      return t(
        '{className} has no skeleton. Add one in the class settings (the sliders next to its name), or choose another class · Esc: select tool',
        { className: this.host.className() },
      )
    const { nodes } = owner.skeleton
    const count = this.#placed.length
    const keys = { alt: keyLabel('Alt'), skip: actionKey('skip-joint') }
    if (this.#completing && count === 0)
      return t(
        'Click {joint}, still missing in this {className} (1 of {total}) · {alt}+click: occluded · {skip} skips · Esc starts a new one',
        { joint: nodes[0]?.name, className: owner.name, total: nodes.length, ...keys },
      )
    if (count === 0)
      return t(
        'Click {joint} (1 of {total}), or drag a box for the whole {className} · {alt}+click: occluded · {skip} skips · Esc: select tool',
        { joint: nodes[0]?.name, total: nodes.length, className: owner.name, ...keys },
      )
    return t(
      'Click {joint} ({number} of {total}) · {alt}+click: occluded · {skip} skips · Enter finishes · Backspace removes the last · Esc discards',
      { joint: nodes[count]?.name, number: count + 1, total: nodes.length, ...keys },
    )
  }

  #owner(): SkeletonClass | null {
    if (this.#completing) return this.#completing.owner
    const item = this.host.classNamed(this.#className ?? this.host.className())
    return item && hasSkeleton(item) ? item : null
  }

  #place(joint: Placed): void {
    const owner = this.#owner()
    if (!owner) return
    const placed = [...this.#placed, joint]
    if (placed.length < owner.skeleton.nodes.length) this.#set(placed)
    else this.#create(owner, placed)
  }

  #set(placed: Placed[]): void {
    this.#placed = placed
    const completing = this.#completing && {
      instanceId: this.#completing.instanceId,
      joints: this.#completing.owner.skeleton.nodes.map(({ name }) => name),
    }
    const className = this.#completing?.owner.name ?? this.#className ?? this.host.className()
    this.#className = placed.length > 0 ? className : null
    this.host.keepDraft(
      placed.length > 0 ? { className, placed, ...(completing && { completing }) } : null,
    )
    this.host.changed()
  }

  #create(owner: SkeletonClass, placed: readonly Placed[]): void {
    const instanceId = this.#completing?.instanceId ?? this.host.nextInstanceId()
    this.#completing = null
    const created = owner.skeleton.nodes.flatMap(({ name }, index): Annotation[] => {
      const joint = placed[index]
      if (!joint) return []
      const annotation = newAnnotation({ kind: 'keypoint', x: joint.x, y: joint.y }, name, {
        instanceId,
        attributes: {
          ...defaultAttributes(this.host.classNamed(name)),
          ...defaultAttributes(owner),
        },
      })
      return [withOccluded(annotation, joint.occluded)]
    })
    if (created.length === 0) {
      this.host.say(t('Every joint was skipped, so no pose was drawn'))
      this.#set([])
      return
    }
    this.#placed = []
    this.#className = null
    this.host.edit(t('Draw {name}', { name: owner.name }), { created, updated: [], deleted: [] })
    this.host.changed()
  }
}
