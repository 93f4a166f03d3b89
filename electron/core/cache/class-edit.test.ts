import { expect, test } from 'vitest'
import { newAnnotation } from '#shared/model/annotation.ts'
import { classEditChanges, editClassList } from './class-edit.ts'
import { opsOfEdit } from './class-ops.ts'

const classes = ['car', 'van', 'dog'].map((name) => ({ name, color: '#e69f00' }))
const box = (className: string) =>
  newAnnotation({ kind: 'bbox', x: 0, y: 0, w: 5, h: 5 }, className)

test('merging moves a class’s annotations to the other class and removes it', () => {
  const edit = { kind: 'merge', name: 'van', into: 'car' } as const
  const after = editClassList(classes, edit)
  expect(after.map(({ name }) => name)).toEqual(['car', 'dog'])
  const [van, dog] = [box('van'), box('dog')]
  const { updated, deleted } = classEditChanges([van, dog], edit)
  expect(deleted).toEqual([])
  expect(updated).toEqual([{ before: van, after: { ...van, className: 'car' } }])
  // The service deletes the class after the labels were pushed.
  expect(opsOfEdit(edit, classes, after)).toEqual([{ kind: 'delete', class: classes[1] }])
})

test('a class cannot be merged into itself or into a missing one', () => {
  const merge = (into: string) => () => editClassList(classes, { kind: 'merge', name: 'van', into })
  expect(merge('van')).toThrow('cannot be merged into itself')
  expect(merge('bus')).toThrow('no class called "bus"')
})

test('reordering keeps every class, also those added meanwhile', () => {
  const edit = { kind: 'reorder', names: ['dog', 'gone', 'car'] } as const
  const after = editClassList(classes, { ...edit, names: [...edit.names] })
  expect(after.map(({ name }) => name)).toEqual(['dog', 'car', 'van'])
  expect(opsOfEdit({ ...edit, names: [...edit.names] }, classes, after)).toEqual([])
})
