import { expect, test } from 'vitest'
import { readFiles } from '#tests/helpers/labels.ts'
import { FormatError, failureOf } from './format-error.ts'

test('what a reader trips over is told as a fault of the file', () => {
  const nested = (): number => nested() + 1
  let tooDeep: unknown = null
  try {
    nested()
  } catch (error) {
    tooDeep = error
  }
  expect(failureOf('a.json', tooDeep).message).toBe('is nested too deeply to be read')
  expect(failureOf('a.json', new TypeError('x is undefined')).message).toMatch(/not as this format/)
})

test('a value of fifty thousand levels costs its annotation, in words', () => {
  const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`
  const read = readFiles('coco', {
    'a.json': `{"images":[{"id":1,"file_name":"a.png","width":64,"height":48}],
      "categories":[{"id":1,"name":"car"}],
      "annotations":[{"id":1,"image_id":1,"category_id":1,"bbox":[1,1,5,5],"attributes":{"a":${deep}}},
                     {"id":2,"image_id":1,"category_id":1,"bbox":[1,1,5,5]}]}`,
  })
  expect(read.failed).toEqual([
    expect.objectContaining({ message: expect.stringContaining('nested deeper than 500 levels') }),
  ])
  expect(read.images[0].annotations).toHaveLength(1)
})

test('brackets in a text are no nesting', () => {
  const read = readFiles('coco', {
    'a.json': `{"images":[{"id":1,"file_name":"a.png","width":64,"height":48}],
      "categories":[{"id":1,"name":"car"}],
      "annotations":[{"id":1,"image_id":1,"category_id":1,"bbox":[1,1,5,5],"attributes":{"a":"${'['.repeat(5_000)}"}}]}`,
  })
  expect(read.failed).toEqual([])
  expect(read.images[0].annotations).toHaveLength(1)
})

test('what a fault quotes is cut, wherever it comes from', () => {
  const id = 'x'.repeat(150_000)
  const read = readFiles('coco', {
    'a.json': `{"images":[{"id":1,"file_name":"a.png","width":64,"height":48}],
      "categories":[{"id":1,"name":"car"}],
      "annotations":[{"id":1,"image_id":"${id}","category_id":1,"bbox":[1,1,5,5]}]}`,
  })
  expect(read.failed).toHaveLength(1)
  for (const { field, message } of read.failed)
    expect(field.length + message.length).toBeLessThan(2_000)
  expect(new FormatError(id, id).message.length).toBeLessThan(2_000)
})

test('a row of one cell among the classes of Open Images is no fault of the code', () => {
  const read = readFiles('open_images', {
    'class-descriptions-boxable.csv': '/m/01,Cat\nx\n',
    'train-annotations-bbox.csv':
      'ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf,IsDepiction,IsInside\na,xclick,/m/01,1,0.1,0.2,0.1,0.2,0,0,0,0,0\n',
  })
  expect(read.failed).toEqual([])
})
