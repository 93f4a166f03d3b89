import { FormatError } from './format-error.ts'

// RFC 4180, and what spreadsheets make of it: any line end, spaces after the last field, lines without anything.

export interface CsvRow {
  fields: string[]
  /** Where it begins in the file, from 1. */
  line: number
  /** Where it stands in the text, without its line end. */
  from: number
  to: number
}

/** The rows of a CSV file, without empty lines. Throws a FormatError where a quote has no end. */
export function* csvRows(text: string, separator = ','): Generator<CsvRow> {
  let at = 0
  let line = 1
  while (at < text.length) {
    const row: CsvRow = { fields: [], line, from: at, to: at }
    for (;;) {
      let field = ''
      if (text[at] === '"') {
        const from = line
        let end = text.indexOf('"', at + 1)
        while (end >= 0 && text[end + 1] === '"') end = text.indexOf('"', end + 2)
        if (end < 0)
          throw new FormatError(
            `line ${from}`,
            'has a quote without an end: the file is cut off. Copy or export it again',
          )
        field = text.slice(at + 1, end).replaceAll('""', '"')
        for (const letter of field) if (letter === '\n') line++
        at = end + 1
      }
      const from = at
      while (at < text.length && text[at] !== separator && text[at] !== '\n' && text[at] !== '\r')
        at++
      row.fields.push(field + text.slice(from, at))
      if (text[at] !== separator) break
      at++
    }
    row.to = at
    if (text[at] === '\r' && text[at + 1] === '\n') at++
    at++
    line++
    if (row.fields.length > 1 || row.fields[0].trim() !== '') yield row
  }
}

/** One row, with a line end. */
export function csvLine(fields: readonly (string | number)[]): string {
  const texts = fields.map((field) => {
    const text = String(field)
    return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  })
  return `${texts.join(',')}\n`
}
