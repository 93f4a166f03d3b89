import { expect, test } from 'vitest'
import { readFiles } from '#tests/helpers/labels.ts'
import { failureOf } from './format-error.ts'

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
  for (const { message } of read.failed) expect(message).not.toMatch(/call stack/)
  expect(read.images[0].annotations.length).toBeGreaterThan(0)
})

test('a row of one cell among the classes of Open Images is no fault of the code', () => {
  const read = readFiles('open_images', {
    'class-descriptions-boxable.csv': '/m/01,Cat\nx\n',
    'train-annotations-bbox.csv':
      'ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf,IsDepiction,IsInside\na,xclick,/m/01,1,0.1,0.2,0.1,0.2,0,0,0,0,0\n',
  })
  expect(read.failed).toEqual([])
})
