import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openStore } from '#core/store.ts'
import { temporaryFolder } from '#tests/helpers/core.ts'

const json = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)))
const family = fc.constantFrom('coco', 'labelme', 'yolo', 'pascal_voc')
const extra = fc.dictionary(family, json, { maxKeys: 4, noNullPrototype: true })

/** A store with one image. */
function storeWithImage() {
  const folder = temporaryFolder()
  const store = openStore(folder.path)
  const dataset = store.datasets.create({ name: 'x', kind: 'folder', root: '/x', classes: [] })
  const file = { path: 'a.png', fileSizeBytes: 1, modifiedAtMs: 1 }
  const [image] = store.images.upsertFiles(dataset.id, [file])
  return {
    ...{ store, extras: store.labelExtras, datasetId: dataset.id, imageId: image.id, db: store.db },
    [Symbol.dispose]: () => {
      store[Symbol.dispose]()
      folder[Symbol.dispose]()
    },
  }
}

test('what files say of an image comes back as it was; a later file of a format takes its place', () => {
  using world = storeWithImage()
  const { extras, imageId, db } = world
  expect(extras.ofImage(imageId)).toEqual({ extra: {}, isLabelled: false })
  fc.assert(
    fc.property(extra, extra, fc.boolean(), (first, second, isLabelled) => {
      db.exec('DELETE FROM image_extra')
      extras.addToImage(imageId, { extra: first, isLabelled })
      expect(extras.ofImage(imageId)).toEqual({ extra: first, isLabelled })
      extras.addToImage(imageId, { extra: second, isLabelled: false })
      expect(extras.ofImage(imageId)).toEqual({ extra: { ...first, ...second }, isLabelled })
    }),
    { examples: [[JSON.parse('{"coco":{"":[{"__proto__":null}]}}'), {}, false]] },
  )
})

test('a class may be called like a part of every object', () => {
  using world = storeWithImage()
  const { extras, datasetId } = world
  const named = (id: number): { coco: object } =>
    JSON.parse(`{"coco":{"categories":{"__proto__":{"id":${id}},"constructor":{"id":2}}}}`)
  extras.addToDataset(datasetId, named(1) as never)
  extras.addToDataset(datasetId, named(3) as never)
  expect(JSON.stringify(extras.ofDataset(datasetId))).toBe(JSON.stringify(named(3)))
})

test('files of a dataset add to each other, down to their categories', () => {
  using world = storeWithImage()
  const { extras, datasetId } = world
  const car = { id: 1, supercategory: 'vehicle' }
  extras.addToDataset(datasetId, { coco: { info: { year: 2020 }, categories: { car } } })
  extras.addToDataset(datasetId, {
    coco: { licenses: [1], categories: { dog: { id: 2 } } },
    yolo: { numbers: { car: 0 } },
  })
  expect(extras.ofDataset(datasetId)).toEqual({
    coco: { info: { year: 2020 }, licenses: [1], categories: { car, dog: { id: 2 } } },
    yolo: { numbers: { car: 0 } },
  })
})

test("labelme's picture is not kept, and a damaged row hides nothing else", () => {
  using world = storeWithImage()
  const { extras, imageId, db } = world
  const labelme = { flags: { night: true }, imageData: 'iVBORw0KGgo=' }
  extras.addToImage(imageId, { extra: { labelme }, isLabelled: true })
  expect(extras.ofImage(imageId).extra).toEqual({ labelme: { flags: { night: true } } })
  db.exec("UPDATE image_extra SET extra = '{'")
  expect(extras.ofImage(imageId)).toEqual({ extra: {}, isLabelled: true })
})

test('what files say of a class follows its name, also when the renaming is undone', () => {
  using world = storeWithImage()
  const { extras, datasetId, imageId, store } = world
  const cat = { name: 'cat', color: '#000000' }
  store.datasets.addClasses(datasetId, [cat])
  const said = (name: string) => ({ coco: { categories: { [name]: { id: 7, name } } } })
  extras.addToDataset(datasetId, said('cat'))
  store.edits.editClasses(datasetId, 'rename', { kind: 'rename', from: 'cat', to: 'lynx' })
  // The file's own name is kept beside it, so that renaming back is exact.
  expect(extras.ofDataset(datasetId)).toMatchObject(said('lynx'))
  store.edits.undo(imageId, 'undo')
  expect(store.datasets.get(datasetId).classes.map(({ name }) => name)).toEqual(['cat'])
  expect(extras.ofDataset(datasetId)).toEqual(said('cat'))
})
