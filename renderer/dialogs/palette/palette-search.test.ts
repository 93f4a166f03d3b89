import { expect, test } from 'vitest'
import { found, imagesNamed, wordsOf } from './palette-search.ts'

const id = (text: string) => text

test('every word has to be there, in any order; the beginning of a word counts more', () => {
  const commands = ['Zoom to 100%', 'Export…', 'Next image', 'Images as a grid']
  expect(found(commands, id, wordsOf('image'))).toEqual(['Images as a grid', 'Next image'])
  expect(found(commands, id, wordsOf(' grid  images '))).toEqual(['Images as a grid'])
  expect(found(commands, id, wordsOf(''))).toEqual(commands)
  expect(found(commands, id, wordsOf('nothing'))).toEqual([])
})

test('of many images no more are looked through than are shown', () => {
  let looked = 0
  function* images() {
    for (let index = 0; index < 100_000; index++) {
      looked++
      yield { path: `folder/image-${index}.jpg` }
    }
  }
  expect(imagesNamed(images(), wordsOf('image-1'), 3).map(({ path }) => path)).toEqual([
    'folder/image-1.jpg',
    'folder/image-10.jpg',
    'folder/image-11.jpg',
  ])
  expect(looked).toBeLessThan(20)
  expect(imagesNamed(images(), [], 3)).toEqual([])
})
