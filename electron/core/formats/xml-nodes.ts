import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { FormatError } from './format-error.ts'

/** An element, with its children in the document's order. */
export type XmlNode = {
  name: string
  attributes: { [name: string]: string }
  children: XmlNode[]
  /** Of an element without children. */
  text: string
}

const TEXT = '#text'
const ATTRIBUTES = ':@'

const parser = new XMLParser({
  preserveOrder: true,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  // No entity of a document's own is expanded: a billion laughs are not loaded.
  processEntities: true,
  // Also characters by their number.
  htmlEntities: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  ignoreDeclaration: true,
  ignorePiTags: true,
})

type Parsed = { [key: string]: unknown }

function nodesOf(list: readonly Parsed[]): XmlNode[] {
  return list.flatMap((item): XmlNode[] => {
    const name = Object.keys(item).find((key) => key !== ATTRIBUTES && key !== TEXT)
    if (name === undefined) return []
    const inner = item[name] as Parsed[]
    const children = nodesOf(inner)
    const text = children.length > 0 ? '' : inner.map((part) => String(part[TEXT] ?? '')).join('')
    return [{ name, attributes: { ...(item[ATTRIBUTES] as object) }, children, text }]
  })
}

/** One element of a document. `firstLine`: where its text begins there. Throws a FormatError with the line. */
export function parseNode(text: string, firstLine = () => 1): XmlNode {
  const valid = XMLValidator.validate(text)
  if (valid !== true)
    throw new FormatError(
      `line ${valid.err.line + firstLine() - 1}`,
      `is not XML: ${valid.err.msg} Mend it there, or export it again`,
    )
  const [node] = nodesOf(parser.parse(text) as Parsed[])
  if (!node) throw new FormatError(`line ${firstLine()}`, 'has no element')
  return node
}

const NAMED: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

// What XML 1.0 has no place for (2.2), not even by number.
const FORBIDDEN = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu

const inText = (text: string) =>
  text
    .replace(FORBIDDEN, '')
    .replace(/[&<>]/g, (sign) => NAMED[sign])
    .replaceAll('\r', '&#13;')

const inAttribute = (text: string) =>
  text
    .replace(FORBIDDEN, '')
    .replace(/[&<>"]/g, (sign) => NAMED[sign])
    .replace(/[\t\n\r]/g, (space) => `&#${space.charCodeAt(0)};`)

/** An element as text, two spaces for each level, with a line end. */
export function nodeText({ name, attributes, children, text }: XmlNode, depth = 0): string {
  const indent = '  '.repeat(depth)
  const start = Object.entries(attributes).map(([key, value]) => ` ${key}="${inAttribute(value)}"`)
  const open = `${indent}<${name}${start.join('')}>`
  if (children.length === 0) return `${open}${inText(text)}</${name}>\n`
  const inner = children.map((child) => nodeText(child, depth + 1)).join('')
  return `${open}\n${inner}${indent}</${name}>\n`
}

/** An element that has children or text. */
export function xmlNode(
  name: string,
  content: XmlNode[] | string = '',
  attributes: XmlNode['attributes'] = {},
): XmlNode {
  return typeof content === 'string'
    ? { name, attributes, children: [], text: content }
    : { name, attributes, children: content, text: '' }
}

export function childOf(node: XmlNode | undefined, name: string): XmlNode | undefined {
  return node?.children.find((child) => child.name === name)
}

/** The text of a child; '' where there is none. */
export function childText(node: XmlNode, name: string): string {
  return childOf(node, name)?.text.trim() ?? ''
}
