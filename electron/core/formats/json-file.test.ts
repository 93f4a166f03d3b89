import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findJsonFault, parseJson } from './json-fault.ts'
import { scanJson } from './json-file.ts'
import { memoryFile } from './text.ts'
import type { InputFile } from './types.ts'

/** Reads a whole file by walking over it, a few bytes at a time. */
function walked(file: InputFile, chunkBytes: number): unknown {
  const lists = new Map<string, unknown[]>()
  const values = new Map<string, unknown>()
  let isList = false
  const steps = scanJson(
    file,
    {
      isList: (key) => {
        if (key === '') isList = true
        return true
      },
      element(key, _index, _range, text) {
        const list = lists.get(key)
        const value = parseJson(text())
        if (list) list.push(value)
        else lists.set(key, [value])
      },
      value: (key, parse) => {
        values.set(key, parse())
      },
    },
    chunkBytes,
  )
  while (!steps.next().done);
  if (isList) return lists.get('') ?? []
  return values.has('') && values.size === 1 && lists.size === 0
    ? values.get('')
    : Object.fromEntries([...values, ...lists])
}

describe('walking over JSON', () => {
  test('gives what JSON.parse gives, wherever a piece ends', () => {
    const value = fc.jsonValue({ maxDepth: 4 })
    const key = fc.string({ minLength: 1 }).filter((name) => name !== '__proto__')
    fc.assert(
      fc.property(
        fc.dictionary(key, value, { minKeys: 1, maxKeys: 5 }),
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom(0, 1, 3),
        (json, chunk, indent) => {
          const text = JSON.stringify(json, null, indent)
          const parsed = JSON.parse(text)
          // An empty list has no elements to be told.
          for (const [name, item] of Object.entries(parsed))
            if (Array.isArray(item) && item.length === 0) delete parsed[name]
          expect(walked(memoryFile('x.json', text), chunk)).toEqual(parsed)
        },
      ),
      { numRuns: 300 },
    )
  })

  test('a file that is cut off anywhere is never taken for a whole one', () => {
    const text = JSON.stringify({ a: [1, { b: 'x"\\' }, [null]], c: { d: 'é' }, e: -1.5e3 })
    for (let end = 1; end < text.length; end++)
      expect(() => walked(memoryFile('x.json', text.slice(0, end)), 5)).toThrow()
  })

  test('a fault is found exactly where JSON.parse finds one', () => {
    const noise = fc.string({
      unit: fc.constantFrom(...'{}[]",:0129.-eE\\nulltrfas \n\t\u0001'),
      maxLength: 30,
    })
    fc.assert(
      fc.property(noise, (text) => {
        let isJson = true
        try {
          JSON.parse(text)
        } catch {
          isJson = false
        }
        expect(findJsonFault(text) === null).toBe(isJson)
      }),
      { numRuns: 2_000 },
    )
  })
})
