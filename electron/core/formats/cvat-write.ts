import type { Annotation } from '#shared/model/annotation.ts'
import type { Split } from '#shared/model/dataset.ts'
import { fieldsOf, givenOf, isJsonObject, spelledTogether } from './carry.ts'
import { labelNodes, writeLabelNodes } from './cvat-labels.ts'
import {
  attributeNodes,
  OWN_OCCLUDED,
  pointsText,
  SKELETON_FAMILY,
  SKELETON_FIELDS,
  shapeNode,
} from './cvat-shape.ts'
import { hasOwnBox, jointClasses, type LabelObject, leadOf, objectsOf } from './objects.ts'
import { splitOfWord } from './splits.ts'
import type {
  ImagePlace,
  Json,
  JsonObject,
  LabelledImage,
  LabelWriter,
  OutputPiece,
  WriteContext,
} from './types.ts'
import { childOf, nodeText, type XmlNode, xmlNode } from './xml-nodes.ts'

// The layout: https://docs.cvat.ai/docs/other/xml_format

/** A family of its own in `extra`: how an image is named on CVAT's server, which is no loss elsewhere. */
export const IMAGE_FAMILY = 'cvat_image'

const FILE = 'annotations.xml'

/** The file begins with its labels, so images wait for those that only annotations name: so many characters. */
const MOST_WAITING = 1 << 25

const SUBSETS: Record<Split, string> = { train: 'Train', val: 'Validation', test: 'Test' }

const texts = (fields: JsonObject): XmlNode['attributes'] =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([key, value]) =>
      typeof value === 'string' || typeof value === 'number' ? [[key, String(value)]] : [],
    ),
  )

/** One element for annotations that it stood for, or for one. */
function elementOf(
  annotations: readonly Annotation[],
  where: string,
  { losses }: WriteContext,
): XmlNode {
  const [lead] = annotations
  const { element, ...given } = givenOf(annotations, 'cvat') ?? {}
  const {
    [OWN_OCCLUDED]: ownFlag,
    [SKELETON_FIELDS]: _,
    group_id: group,
    ...kept
  } = fieldsOf(lead.extra, 'cvat')
  const isSpelt = typeof element === 'string'
  const hasOwn = ownFlag !== undefined
  const { name, attributes, children, text } = shapeNode(
    lead,
    hasOwn,
    isSpelt ? null : losses,
    where,
  )
  const { points, xtl, ytl, xbr, ybr, rotation, ...others } = attributes
  const stated = isSpelt ? others : attributes
  const wanted = annotations.length > 1 ? group : lead.instanceId
  return {
    name: isSpelt ? element : name,
    attributes: {
      ...stated,
      ...(hasOwn && { occluded: String(ownFlag) }),
      ...texts(given),
      ...texts(kept),
      ...(wanted !== undefined && wanted !== null && { group_id: String(wanted) }),
    },
    children,
    text,
  }
}

function skeletonNode(
  { joints, owner, className }: LabelObject,
  isShared: boolean,
  where: string,
  context: WriteContext,
): XmlNode {
  const points = [...joints.values()]
  const [lead] = points
  const told = points
    .map(({ extra }) => fieldsOf(extra, 'cvat')[SKELETON_FIELDS])
    .find(isJsonObject)
  const { attributes, ...others } = told ?? {}
  const { label, group_id, occluded, outside }: JsonObject = Object.assign(
    {},
    ...points.map(({ extra }) => fieldsOf(extra, SKELETON_FAMILY)),
  )
  const classes = context.head.classes
  const named = classes.find(({ name }) => name === label)?.skeleton
  const skeleton =
    named && points.every((point) => named.nodes.some(({ name }) => name === point.className))
      ? { name: String(label), nodes: named.nodes }
      : { name: owner?.name ?? className, nodes: owner?.skeleton.nodes ?? [] }
  const children = skeleton.nodes.map(({ name }) => {
    const joint = joints.get(name)
    if (joint) {
      const { attributes: own, ...node } = elementOf([joint], where, context)
      const { z_order, group_id: _group, ...stated } = own
      const isKept = fieldsOf(joint.extra, 'cvat').z_order !== undefined
      return {
        ...node,
        attributes: { ...stated, outside: '0', ...(isKept && { z_order }) },
      }
    }
    const before = isJsonObject(outside) ? outside[name] : undefined
    const gone = { label: name, source: 'manual', outside: '1', occluded: '0' }
    return xmlNode('points', '', {
      ...gone,
      points: pointsText([lead.shape]),
      ...(isJsonObject(before) && texts(before)),
    })
  })
  return xmlNode(
    'skeleton',
    [...children, ...(isJsonObject(attributes) ? attributeNodes(attributes) : [])],
    {
      label: skeleton.name,
      source: 'manual',
      ...(occluded !== undefined && { occluded: String(occluded) }),
      z_order: '0',
      ...texts(others),
      ...((isShared || group_id !== undefined) && { group_id: String(lead.instanceId) }),
    },
  )
}

function tagNodes({ tags = [] }: LabelledImage, kept: Json | undefined): XmlNode[] {
  const before = isJsonObject(kept) ? kept : {}
  return tags.flatMap((tag) => {
    const nodes = Object.hasOwn(before, tag) ? before[tag] : undefined
    if (Array.isArray(nodes)) return nodes as unknown as XmlNode[]
    return [xmlNode('tag', '', { label: tag, source: 'manual' })]
  })
}

/** All images in one file, `annotations.xml`. */
export class CvatWriter implements LabelWriter {
  readonly #context: WriteContext
  readonly #own: JsonObject
  readonly #joints: ReadonlySet<string>
  /** Labels that elements name directly. Joints are named by their skeletons instead. */
  readonly #named = new Set<string>()
  readonly #tags = new Set<string>()
  readonly #ids = new Set<string>()
  #nextId = 0
  #waiting: string[] = []
  #waitingLength = 0
  /** The labels that the file has; null: they are not written yet. */
  #labels: Set<string> | null = null

  constructor(context: WriteContext) {
    this.#context = context
    this.#own = fieldsOf(context.head.extra, 'cvat')
    this.#joints = jointClasses(context.head.classes)
  }

  *write(image: LabelledImage, { label }: ImagePlace): Generator<OutputPiece> {
    const text = nodeText(this.#imageNode(image, label), 1)
    if (this.#labels) {
      this.#reportLate(image.path)
      yield { path: FILE, content: text, more: true }
      return
    }
    this.#waiting.push(text)
    this.#waitingLength += text.length
    if (this.#waitingLength > MOST_WAITING) yield* this.#begin()
  }

  *end(): Generator<OutputPiece> {
    if (!this.#labels) yield* this.#begin()
    yield { path: FILE, content: '</annotations>\n' }
  }

  *#begin(): Generator<OutputPiece> {
    const head = `<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n`
    const nodes = [xmlNode('version', '1.1'), this.#meta()].map((node) => nodeText(node, 1))
    yield { path: FILE, content: `${head}${nodes.join('')}`, more: true }
    for (const content of this.#waiting) yield { path: FILE, content, more: true }
    this.#waiting = []
  }

  #meta(): XmlNode {
    const { classes, name } = this.#context.head
    const before = this.#own.meta as unknown as XmlNode | undefined
    const tags = [...this.#tags].filter((tag) => !classes.some((item) => item.name === tag))
    const isAlone = (label: string) => this.#named.has(label) || !this.#joints.has(label)
    const labels = [
      ...writeLabelNodes(classes, isAlone, labelNodes(before)),
      ...tags.map((tag) =>
        xmlNode('label', [xmlNode('name', tag), xmlNode('type', 'tag'), xmlNode('attributes', '')]),
      ),
    ]
    this.#labels = new Set([...classes.map((item) => item.name), ...tags])
    const list = xmlNode('labels', labels)
    const owner = before?.children.find((child) => childOf(child, 'labels'))
    if (!before || !owner)
      return xmlNode('meta', [
        xmlNode('task', [xmlNode('name', name), xmlNode('mode', 'annotation'), list]),
        ...(before?.children ?? []),
      ])
    const swapped = owner.children.map((child) => (child.name === 'labels' ? list : child))
    const children = before.children.map((child) =>
      child === owner ? { ...owner, children: swapped } : child,
    )
    return { ...before, children }
  }

  #reportLate(path: string): void {
    for (const name of [...this.#named, ...this.#tags]) {
      if (this.#labels?.has(name)) continue
      this.#labels?.add(name)
      const message = `“${name}” first appears late in a large dataset, and is not among the labels at the file's beginning: add it in CVAT before you upload`
      this.#context.losses.add(message, path)
    }
  }

  #id(wanted: Json | undefined): string {
    const isFree = typeof wanted === 'string' && !this.#ids.has(wanted)
    while (!isFree && this.#ids.has(String(this.#nextId))) this.#nextId++
    const id = isFree ? wanted : String(this.#nextId)
    this.#ids.add(id)
    return id
  }

  #imageNode(image: LabelledImage, name: string): XmlNode {
    const { width, height, split } = image
    const { id, subset, tags, unknown, ...kept } = {
      ...fieldsOf(image.extra, 'cvat'),
      ...fieldsOf(image.extra, IMAGE_FAMILY),
    }
    const isSame = typeof subset === 'string' && (splitOfWord(subset) ?? null) === (split ?? null)
    const own = isSame ? String(subset) : split ? SUBSETS[split] : null
    const foreign = Array.isArray(unknown) ? (unknown as unknown as XmlNode[]) : []
    for (const tag of image.tags ?? []) this.#tags.add(tag)
    return xmlNode('image', [...tagNodes(image, tags), ...this.#elements(image), ...foreign], {
      id: this.#id(id),
      name,
      ...(own !== null && { subset: own }),
      ...texts(kept),
      ...(width !== null && { width: String(width) }),
      ...(height !== null && { height: String(height) }),
    })
  }

  #elements({ annotations, path }: LabelledImage): XmlNode[] {
    const { head, losses } = this.#context
    const place = new Map(annotations.map((annotation, index) => [annotation, index]))
    const found: { at: number; node: XmlNode }[] = []
    const add = (lead: Annotation, node: XmlNode) => found.push({ at: place.get(lead) ?? 0, node })
    const together = [...spelledTogether(annotations, 'cvat')]
    for (const one of together)
      if (one.length > 1) {
        this.#named.add(one[0].className)
        add(one[0], elementOf(one, path, this.#context))
      }
    const single = together.flatMap((one) => (one.length === 1 ? one : []))
    const shares = (object: LabelObject) =>
      annotations.some(
        (one) =>
          one.instanceId === leadOf(object).instanceId && object.joints.get(one.className) !== one,
      )
    for (const object of objectsOf(single, head.classes)) {
      if (hasOwnBox(object))
        losses.add('boxes that are not the bounds of their parts have no place here', path)
      const isPose =
        object.owner !== null && object.joints.size > 0 && leadOf(object).instanceId !== undefined
      if (isPose) {
        const [first] = object.joints.values()
        add(first, skeletonNode(object, shares(object), path, this.#context))
      }
      for (const member of object.members) {
        if (isPose && object.joints.get(member.className) === member) continue
        this.#named.add(member.className)
        add(member, elementOf([member], path, this.#context))
      }
    }
    return found.sort((a, b) => a.at - b.at).map(({ node }) => node)
  }
}
