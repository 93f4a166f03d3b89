import { XMLBuilder, XMLParser, XMLValidator } from 'fast-xml-parser'
import { FormatError } from './format-error.ts'
import type { Json, JsonObject } from './types.ts'

/** Elements that may stand several times. */
const LISTS = new Set(['object', 'part', 'attribute', 'pt', 'polygon', 'action'])

const ATTRIBUTE_PREFIX = '@'

const parser = new XMLParser({
  parseTagValue: false,
  trimValues: true,
  // No entity of a document's own is expanded: a billion laughs are not loaded.
  processEntities: true,
  // Also characters by their number.
  htmlEntities: true,
  ignoreAttributes: false,
  attributeNamePrefix: ATTRIBUTE_PREFIX,
  ignoreDeclaration: true,
  ignorePiTags: true,
  isArray: (name) => LISTS.has(name),
})

const builder = new XMLBuilder({
  format: true,
  indentBy: '\t',
  suppressEmptyNode: false,
  ignoreAttributes: false,
  attributeNamePrefix: ATTRIBUTE_PREFIX,
})

/** A document's elements as objects of texts, its root by name. Throws a FormatError with the line. */
export function parseXml(text: string): JsonObject {
  // The declaration may name an encoding that the text no longer has.
  const body = text.replace(/^\s*<\?xml[^>]*\?>/, (declaration) =>
    declaration.replace(/[^\n]/g, ' '),
  )
  const valid = XMLValidator.validate(body)
  if (valid !== true)
    throw new FormatError(
      `line ${valid.err.line}`,
      `is not XML: ${valid.err.msg} Mend it there, or save the file again`,
    )
  return parser.parse(body) as JsonObject
}

export function buildXml(root: Json): string {
  return builder.build(root)
}
