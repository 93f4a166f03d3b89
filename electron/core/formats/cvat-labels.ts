import {
  type AnnotationClass,
  type AttributeSchema,
  ClassList,
  type Skeleton,
} from '#shared/model/annotation-class.ts'
import { sameJson } from './carry.ts'
import { numberOf } from './fields.ts'
import { LIMITS, requireAtMost } from './limits.ts'
import type { Json } from './types.ts'
import { childOf, childText, type XmlNode, xmlNode } from './xml-nodes.ts'

// The layout: https://docs.cvat.ai/docs/other/xml_format

/** The labels that the meta element of a task, a project or a job declares. */
export function labelNodes(meta: XmlNode | undefined): XmlNode[] {
  for (const owner of meta?.children ?? []) {
    const labels = childOf(owner, 'labels')
    if (labels) return labels.children.filter(({ name }) => name === 'label')
  }
  return []
}

type Value = string | number | boolean

/** A value as its attribute's type wants it, if it is spelt as we would spell it. */
export function typedValue(text: string, type: AttributeSchema['type'] | undefined): Value {
  if (type === 'checkbox' && (text === 'true' || text === 'false')) return text === 'true'
  const number = type === 'number' ? numberOf(text) : null
  return number !== null && String(number) === text ? number : text
}

export const valueText = (value: Json): string =>
  typeof value === 'string' ? value : JSON.stringify(value)

const TYPES: Record<string, AttributeSchema['type']> = {
  select: 'select',
  radio: 'select',
  checkbox: 'checkbox',
  number: 'number',
  text: 'text',
}

function attributeOf(node: XmlNode): AttributeSchema[] {
  const name = childText(node, 'name')
  if (name === '') return []
  const type = TYPES[childText(node, 'input_type')] ?? 'text'
  const first = childText(node, 'default_value')
  const values = childText(node, 'values')
    .split('\n')
    .map((value) => value.trim())
    .filter((value) => value !== '')
  return [
    {
      name,
      type,
      ...(type === 'select' && { values }),
      ...(first !== '' && { default: typedValue(first, type) }),
    },
  ]
}

/** Nodes and edges of the picture that CVAT draws a skeleton with; the joints alone where there is none. */
function skeletonOf(svg: string, joints: readonly string[]): Skeleton {
  const numbers = new Map<string, number>()
  const nodes: Skeleton['nodes'] = []
  const field = (tag: string, name: string) =>
    new RegExp(`\\b${name}="([^"]*)"`)
      .exec(tag)?.[1]
      .replaceAll('&quot;', '"')
      .replaceAll('&lt;', '<')
      .replaceAll('&amp;', '&')
  const known = new Set(joints)
  const tags = svg.match(/<\w+[^<>]*>/g) ?? []
  requireAtMost(tags.length, 4 * LIMITS.joints, 'elements', 'svg')
  for (const tag of tags) {
    const name = field(tag, 'data-label-name')
    const id = field(tag, 'data-node-id') ?? field(tag, 'data-element-id')
    if (name === undefined || id === undefined || !known.has(name)) continue
    const [x, y] = [numberOf(field(tag, 'cx')), numberOf(field(tag, 'cy'))]
    numbers.set(id, nodes.length)
    nodes.push({ name, ...(x !== null && y !== null && { x: x / 100, y: y / 100 }) })
  }
  for (const name of joints) if (!nodes.some((node) => node.name === name)) nodes.push({ name })
  const edges = tags.flatMap((tag): [number, number][] => {
    const from = numbers.get(field(tag, 'data-node-from') ?? '')
    const to = numbers.get(field(tag, 'data-node-to') ?? '')
    return from === undefined || to === undefined ? [] : [[from, to]]
  })
  return { nodes, edges }
}

const HEX = /^#[0-9a-f]{6}$/i

/** The class that a label stands for. `joints`: of a skeleton, the labels below it. */
function classOf(node: XmlNode, joints: readonly string[]): Omit<AnnotationClass, 'color'> {
  const attributes = (childOf(node, 'attributes')?.children ?? []).flatMap(attributeOf)
  const isSkeleton = childText(node, 'type') === 'skeleton' || joints.length > 0
  return {
    name: childText(node, 'name'),
    ...(attributes.length > 0 && { attributes }),
    ...(isSkeleton && { skeleton: skeletonOf(childText(node, 'svg'), joints) }),
  }
}

function jointsOf(labels: readonly XmlNode[], parent: string): string[] {
  return labels
    .filter((label) => childText(label, 'parent') === parent && parent !== '')
    .map((label) => childText(label, 'name'))
}

/** Classes of the labels; joints of skeletons are classes after their skeleton. */
export function readLabels(labels: readonly XmlNode[]): AnnotationClass[] {
  requireAtMost(labels.length, LIMITS.classes, 'labels', 'labels')
  const classes = new ClassList()
  const byParent = Map.groupBy(labels, (label) => childText(label, 'parent'))
  const ordered = [
    ...(byParent.get('') ?? []),
    ...labels.filter((label) => childText(label, 'parent') !== ''),
  ]
  for (const label of ordered) {
    const name = childText(label, 'name')
    if (name === '') continue
    const joints = (byParent.get(name) ?? []).map((joint) => childText(joint, 'name'))
    requireAtMost(joints.length, LIMITS.joints, 'joints', `label ${name}`)
    const { name: _name, ...rest } = classOf(label, joints)
    const color = childText(label, 'color')
    classes.add(name, { ...rest, ...(HEX.test(color) && { color }) })
  }
  return classes.all
}

function attributeNode(schema: AttributeSchema): XmlNode {
  return xmlNode('attribute', [
    xmlNode('name', schema.name),
    xmlNode('mutable', 'False'),
    xmlNode('input_type', schema.type),
    xmlNode('default_value', schema.default === undefined ? '' : valueText(schema.default)),
    xmlNode('values', schema.values?.join('\n') ?? ''),
  ])
}

function svgOf({ nodes, edges }: Skeleton): string {
  const places = nodes.map(({ x, y }, index) => ({
    x: Math.round((x ?? (index + 0.5) / nodes.length) * 1e4) / 100,
    y: Math.round((y ?? 0.5) * 1e4) / 100,
  }))
  const escaped = (name: string) =>
    name.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')
  const lines = edges.flatMap(([from, to]) => {
    const [a, b] = [places[from], places[to]]
    if (!a || !b) return []
    return `<line x1="${a.x}" y1="${a.y}" x2="${b.x}" y2="${b.y}" data-type="edge" data-node-from="${from + 1}" data-node-to="${to + 1}"></line>`
  })
  const circles = nodes.map(
    ({ name }, index) =>
      `<circle r="1.5" cx="${places[index].x}" cy="${places[index].y}" data-type="element node" data-element-id="${index + 1}" data-node-id="${index + 1}" data-label-name="${escaped(name)}"></circle>`,
  )
  return [...lines, ...circles].join('')
}

/** The label of a class: as the file had it, unless the class was changed since. */
function labelNode(item: AnnotationClass, before: XmlNode | undefined, joints: string[]): XmlNode {
  const { name, color, attributes = [], skeleton } = item
  if (before) {
    const { color: _color, ...own } = item
    const read = classOf(before, joints)
    const plain = (value: object): Json => JSON.parse(JSON.stringify(value))
    if (sameJson(plain(own), plain(read))) {
      const children = before.children.map((child) =>
        child.name === 'color' && HEX.test(child.text.trim()) ? { ...child, text: color } : child,
      )
      return { ...before, children }
    }
  }
  return xmlNode('label', [
    xmlNode('name', name),
    xmlNode('color', color),
    xmlNode('type', skeleton ? 'skeleton' : 'any'),
    xmlNode('attributes', attributes.map(attributeNode)),
    ...(skeleton ? [xmlNode('svg', svgOf(skeleton))] : []),
  ])
}

/** Labels of classes, each joint below its skeleton. `before`: what a file said of them. */
export function writeLabelNodes(
  classes: readonly AnnotationClass[],
  isAlone: (name: string) => boolean,
  before: readonly XmlNode[],
): XmlNode[] {
  const find = (name: string, parent: string) =>
    before.find(
      (label) => childText(label, 'name') === name && childText(label, 'parent') === parent,
    )
  return classes.flatMap((item) => {
    const own = isAlone(item.name)
      ? [labelNode(item, find(item.name, ''), jointsOf(before, item.name))]
      : []
    const joints = (item.skeleton?.nodes ?? []).map(({ name }) => {
      const there = find(name, item.name)
      if (there) return there
      const color = classes.find((one) => one.name === name)?.color ?? item.color
      const children = labelNode({ name, color }, undefined, []).children.map((child) =>
        child.name === 'type' ? { ...child, text: 'points' } : child,
      )
      return xmlNode('label', [...children, xmlNode('parent', item.name)])
    })
    return [...own, ...joints]
  })
}
