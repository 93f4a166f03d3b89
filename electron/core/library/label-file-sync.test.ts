import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { newAnnotation } from '#shared/model/annotation.ts'
import type { LabelFileFormat } from '#shared/model/dataset.ts'
import { aBox, coreWithImages, draw, temporaryFolder, writeImage } from '#tests/helpers/core.ts'

async function inStep(format: LabelFileFormat, folder: string | null = null) {
  const setup = await coreWithImages(['a.png', 'b.png'])
  const { core, datasetId, list } = setup
  await core.setLabelFiles(datasetId, { format, folder })
  await core.labelFiles.idle()
  const [image] = list()
  return {
    ...setup,
    image,
    annotations: () => core.edits.annotations(image.id).annotations,
    settled: () => core.labelFiles.idle(),
  }
}

const json = (file: string) => JSON.parse(readFileSync(file, 'utf8'))

describe('synced label files', () => {
  test.each(['pictograph', 'labelme', 'yolo'] as const)(
    '%s: an edit is written beside its image, and no other file appears',
    async (format) => {
      await using setup = await inStep(format)
      draw(setup.core, setup.image.id)
      await setup.settled()
      const name =
        format === 'pictograph' ? 'a.png.json' : format === 'labelme' ? 'a.json' : 'a.txt'
      expect(existsSync(join(setup.folder, name))).toBe(true)
      expect(existsSync(join(setup.folder, name.replace('a.', 'b.')))).toBe(false)
      if (format === 'yolo')
        expect(readFileSync(join(setup.folder, 'classes.txt'), 'utf8')).toBe('car\n')
    },
  )

  test('a change by labelme comes back as one undoable step', async () => {
    await using setup = await inStep('labelme')
    const { core, image, folder, annotations } = setup
    const [kept, moved] = [draw(core, image.id), draw(core, image.id, aBox('car', 20))]
    await setup.settled()
    const file = join(folder, 'a.json')
    const content = json(file)
    content.flags = { checked: true }
    content.shapes[0].flags = { hard: true }
    content.shapes[1].points[0] = [1, 1]
    content.shapes.push({
      label: 'bus',
      points: [[3, 3]],
      shape_type: 'point',
      group_id: null,
      flags: {},
    })
    writeFileSync(file, JSON.stringify(content))
    await vi.waitFor(() => expect(annotations()).toHaveLength(3), 5000)
    expect(annotations()[0]).toMatchObject({
      id: kept.id,
      shape: kept.shape,
      extra: { labelme: { flags: { hard: true } } },
    })
    expect(annotations()[1]).toMatchObject({ id: moved.id, shape: { x: 1, y: 1 } })
    expect(annotations()[2]).toMatchObject({ className: 'bus', shape: { kind: 'keypoint' } })
    core.publish(core.edits.undo(image.id, 'u') ?? expect.fail('nothing to undo'))
    expect(annotations()).toEqual([kept, moved])
    await setup.settled()
    expect(json(file).shapes).toHaveLength(2)
    expect(json(file).flags).toEqual({ checked: true })
  })

  test('YOLO: a line that another program changed changes that box, and what YOLO cannot hold stays', async () => {
    await using setup = await inStep('yolo')
    const { core, image, folder, annotations } = setup
    const line = draw(
      core,
      image.id,
      newAnnotation(
        {
          kind: 'polyline',
          points: [
            { x: 1, y: 1 },
            { x: 9, y: 9 },
          ],
        },
        'car',
      ),
    )
    const [first, second] = [draw(core, image.id), draw(core, image.id, aBox('car', 20))]
    await setup.settled()
    const file = join(folder, 'a.txt')
    const [one] = readFileSync(file, 'utf8').split('\n')
    writeFileSync(file, `${one}\n0 0.5 0.5 0.5 0.5\n`)
    await vi.waitFor(
      () => expect(annotations()[2].shape).toMatchObject({ x: 10, y: 7.5, w: 20, h: 15 }),
      5000,
    )
    expect(annotations().map(({ id }) => id)).toEqual([line.id, first.id, second.id])
    expect(annotations()[1]).toEqual(first)
  })

  test('existing label files are read without losing anything', async () => {
    await using setup = await coreWithImages(['a.png'])
    const shape = {
      label: 'dog',
      points: [
        [1, 1],
        [5, 5],
      ],
      shape_type: 'rectangle',
      note: 'kept',
    }
    writeFileSync(
      join(setup.folder, 'a.json'),
      JSON.stringify({ imagePath: 'a.png', imageData: null, shapes: [shape], reviewer: 'Ann' }),
    )
    await setup.core.setLabelFiles(setup.datasetId, { format: 'labelme', folder: null })
    await setup.core.labelFiles.idle()
    const [image] = setup.list()
    expect(setup.core.edits.annotations(image.id).annotations).toMatchObject([{ className: 'dog' }])
    draw(setup.core, image.id)
    await setup.core.labelFiles.idle()
    const written = json(join(setup.folder, 'a.json'))
    expect(written).toMatchObject({
      reviewer: 'Ann',
      shapes: [{ label: 'dog', note: 'kept' }, { label: 'car' }],
    })
  })

  test('an unreadable file is reported and not overwritten', async () => {
    await using setup = await inStep('labelme')
    draw(setup.core, setup.image.id)
    await setup.settled()
    const notices: string[] = []
    using _listening = setup.core.events.on(
      (event) => void (event.type === 'notice' && notices.push(event.message)),
    )
    const file = join(setup.folder, 'a.json')
    writeFileSync(file, '{"shapes": [broken')
    await vi.waitFor(() => expect(notices[0]).toMatch(/a\.json is out of sync.*not JSON/), 5000)
    draw(setup.core, setup.image.id)
    await setup.settled()
    expect(readFileSync(file, 'utf8')).toBe('{"shapes": [broken')
    expect(setup.annotations()).toHaveLength(2)
  })

  test('an image added later brings its labels', async () => {
    await using setup = await inStep('labelme')
    draw(setup.core, setup.image.id)
    await setup.settled()
    const shape = { label: 'dog', points: [[1, 1]], shape_type: 'point' }
    writeFileSync(
      join(setup.folder, 'c.json'),
      JSON.stringify({ imagePath: 'c.png', imageData: null, shapes: [shape] }),
    )
    await writeImage(join(setup.folder, 'c.png'))
    await vi.waitFor(
      () => expect(setup.list()[2]).toMatchObject({ path: 'c.png', annotationCount: 1 }),
      5000,
    )
  })

  test('YOLO: every outside edit counts, not only the first', async () => {
    await using setup = await inStep('yolo')
    const { core, image, folder, annotations } = setup
    draw(core, image.id)
    await setup.settled()
    const file = join(folder, 'a.txt')
    for (const [content, boxes] of [
      ['0 0.5 0.5 0.5 0.5', 1],
      ['0 0.5 0.5 0.5 0.5\n0 0.2 0.2 0.1 0.1', 2],
      ['0 0.25 0.5 0.5 0.5', 1],
      ['', 0],
    ] as const) {
      writeFileSync(file, content)
      await vi.waitFor(() => expect(annotations()).toHaveLength(boxes), 5000)
    }
  })

  test('YOLO: an existing class list keeps its numbers, and new classes follow', async () => {
    await using setup = await coreWithImages(['a.png', 'b.png'])
    const { core, folder, datasetId, list } = setup
    writeFileSync(join(folder, 'classes.txt'), 'person\ncar\ndog\n')
    writeFileSync(join(folder, 'b.txt'), '2 0.5 0.5 0.5 0.5\n')
    await core.setLabelFiles(datasetId, { format: 'yolo', folder: null })
    await core.labelFiles.idle()
    const [a, b] = list()
    expect(core.edits.annotations(b.id).annotations).toMatchObject([{ className: 'dog' }])
    draw(core, a.id, aBox('bus'))
    draw(core, a.id, aBox('car'))
    await core.labelFiles.idle()
    expect(readFileSync(join(folder, 'classes.txt'), 'utf8')).toBe('person\ncar\ndog\nbus\n')
    expect(readFileSync(join(folder, 'a.txt'), 'utf8')).toMatch(/^3 .*\n1 .*\n$/)
    core.publish(core.edits.editClasses(datasetId, 'e', { kind: 'delete', name: 'bus' }))
    await core.labelFiles.idle()
    expect(readFileSync(join(folder, 'classes.txt'), 'utf8')).toBe('person\ncar\ndog\nbus\n')
  })

  test('labels that are both in the library and in files are not duplicated', async () => {
    await using setup = await coreWithImages(['a.png'])
    const [image] = setup.list()
    const box = draw(setup.core, image.id)
    const shape = {
      label: 'car',
      points: [
        [5, 5],
        [15, 13],
      ],
      shape_type: 'rectangle',
    }
    writeFileSync(
      join(setup.folder, 'a.json'),
      JSON.stringify({
        imagePath: 'a.png',
        imageData: 'cGljdHVyZQ==',
        shapes: [shape, { ...shape, label: 'dog' }],
      }),
    )
    await setup.core.setLabelFiles(setup.datasetId, { format: 'labelme', folder: null })
    await setup.core.labelFiles.idle()
    const labels = setup.core.edits.annotations(image.id).annotations
    expect(labels.map(({ className }) => className)).toEqual(['car', 'dog'])
    expect(labels[0].id).toBe(box.id)
    expect(json(join(setup.folder, 'a.json'))).toMatchObject({
      imageData: 'cGljdHVyZQ==',
      shapes: [{}, {}],
    })
  })

  test('a moved folder keeps its label files in sync', async () => {
    await using setup = await inStep('labelme')
    const { core, datasetId, folder, image, annotations } = setup
    draw(core, image.id)
    await setup.settled()
    const moved = `${folder}-moved`
    await core.library.folders.close(datasetId)
    renameSync(folder, moved)
    await core.library.relocate(datasetId, moved)
    await core.library.settled(datasetId)
    draw(core, image.id)
    await vi.waitFor(() => expect(json(join(moved, 'a.json')).shapes).toHaveLength(2), 5000)
    expect(annotations()).toHaveLength(2)
    expect(existsSync(folder)).toBe(false)
    await core.library.folders.close(datasetId)
    rmSync(moved, { recursive: true })
  })

  test('files not written because of a crash are written at the next start', async () => {
    await using setup = await inStep('labelme')
    const { core, image, folder, datasetId } = setup
    const box = draw(core, image.id)
    await setup.settled()
    // The edit is committed, and the process ends before the file is written.
    core.edits.commit({
      commitId: 'last',
      imageId: image.id,
      changes: { created: [], updated: [], deleted: [box] },
      label: '',
      origin: 'user',
    })
    expect(json(join(folder, 'a.json')).shapes).toHaveLength(1)
    await core.labelFiles.start(datasetId)
    await setup.settled()
    expect(json(join(folder, 'a.json')).shapes).toHaveLength(0)
  })

  test('an image keeps its file if another with the same stem appears', async () => {
    await using setup = await inStep('labelme')
    const { core, folder, list } = setup
    const [, b] = list()
    draw(core, b.id)
    await setup.settled()
    await writeImage(join(folder, 'b.jpg'))
    await vi.waitFor(() => expect(list().map(({ path }) => path)).toContain('b.jpg'), 5000)
    await core.library.settled(setup.datasetId)
    await setup.settled()
    draw(core, b.id)
    const jpg = list().find(({ path }) => path === 'b.jpg')
    draw(core, jpg?.id ?? '')
    await setup.settled()
    expect(json(join(folder, 'b.json'))).toMatchObject({ imagePath: 'b.png', shapes: [{}, {}] })
    expect(json(join(folder, 'b_jpg.json'))).toMatchObject({ imagePath: 'b.jpg', shapes: [{}] })
  })

  test('YOLO without a class list: every number in a file keeps its meaning', async () => {
    await using setup = await coreWithImages(['a.png', 'b.png'])
    const { core, folder, datasetId, list } = setup
    draw(core, list()[0].id, aBox('car'))
    writeFileSync(join(folder, 'a.txt'), '2 0.5 0.5 0.5 0.5\n')
    writeFileSync(join(folder, 'b.txt'), '0 0.5 0.5 0.5 0.5\n')
    await core.setLabelFiles(datasetId, { format: 'yolo', folder: null })
    await core.labelFiles.idle()
    const classesOf = (index: number) =>
      core.edits.annotations(list()[index].id).annotations.map(({ className }) => className)
    expect(classesOf(0)).toEqual(['car', 'class 2'])
    expect(classesOf(1)).toEqual(['class 0'])
    expect(readFileSync(join(folder, 'classes.txt'), 'utf8')).toBe(
      'class 0\nclass 1\nclass 2\ncar\n',
    )
    expect(readFileSync(join(folder, 'a.txt'), 'utf8')).toMatch(/^3 .*\n2 .*\n$/)
  })

  test('an edit made while a changed file is read reaches the file, too', async () => {
    for (let ticks = 0; ticks < 6; ticks++) {
      await using setup = await inStep('yolo')
      const { core, image, folder, annotations } = setup
      draw(core, image.id)
      await setup.settled()
      const file = join(folder, 'a.txt')
      writeFileSync(file, `${readFileSync(file, 'utf8')}0 0.2 0.2 0.1 0.1\n`)
      core.coreEvents.publish({
        type: 'other-files',
        dataset: core.datasets.get(setup.datasetId),
        changes: [{ path: 'a.txt', kind: 'update' }],
      })
      for (let tick = 0; tick < ticks; tick++) await new Promise((next) => setImmediate(next))
      draw(core, image.id, aBox('car', 20))
      await vi.waitFor(() => expect(annotations()).toHaveLength(3), 5000)
      await vi.waitFor(
        () => expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(3),
        5000,
      )
    }
  })

  test('images added in bulk all bring their labels', async () => {
    await using setup = await inStep('labelme')
    const names = Array.from({ length: 150 }, (_, index) => `bulk${index}`)
    for (const name of names) {
      const shape = { label: 'dog', points: [[1, 1]], shape_type: 'point' }
      writeFileSync(
        join(setup.folder, `${name}.json`),
        JSON.stringify({ imagePath: `${name}.png`, imageData: null, shapes: [shape] }),
      )
    }
    await Promise.all(names.map((name) => writeImage(join(setup.folder, `${name}.png`))))
    const labelled = () =>
      setup.list().filter(({ annotationCount }) => annotationCount === 1).length
    await vi.waitFor(() => expect(labelled()).toBe(150), 15_000)
  })

  test('a shape that the format cannot hold is left out, and the rest is written', async () => {
    await using setup = await inStep('yolo')
    const { core, image, folder, annotations } = setup
    const flat = [
      { x: 5, y: 1 },
      { x: 5, y: 9 },
      { x: 5, y: 5 },
    ]
    draw(core, image.id, newAnnotation({ kind: 'polygon', rings: [flat] }, 'car'))
    draw(core, image.id)
    await setup.settled()
    draw(core, image.id, aBox('car', 20))
    await setup.settled()
    expect(readFileSync(join(folder, 'a.txt'), 'utf8').trim().split('\n')).toHaveLength(2)
    expect(annotations()).toHaveLength(3)
  })

  test('labelme: a shape without our id keeps its attributes', async () => {
    await using setup = await inStep('labelme')
    const { core, image, folder, annotations } = setup
    const file = join(folder, 'a.json')
    const shape = {
      label: 'car',
      points: [
        [1, 1],
        [9, 9],
      ],
      shape_type: 'rectangle',
    }
    const save = (shapes: object[]) =>
      writeFileSync(file, JSON.stringify({ imagePath: 'a.png', imageData: null, shapes }))
    save([shape])
    await vi.waitFor(() => expect(annotations()).toHaveLength(1), 5000)
    const [before] = annotations()
    const after = { ...before, attributes: { colour: 'red' } }
    core.publish(
      core.edits.commit({
        commitId: 'attribute',
        imageId: image.id,
        changes: { created: [], updated: [{ before, after }], deleted: [] },
        label: '',
        origin: 'user',
      }),
    )
    await setup.settled()
    save([shape, { ...shape, label: 'dog' }])
    await vi.waitFor(() => expect(annotations()).toHaveLength(2), 5000)
    expect(annotations()[0]).toMatchObject({ id: before.id, attributes: { colour: 'red' } })
  })

  test('are written to a separate folder', async () => {
    using labels = temporaryFolder()
    await using setup = await inStep('pictograph', join(labels.path, 'labels'))
    draw(setup.core, setup.image.id)
    await setup.settled()
    expect(json(join(labels.path, 'labels/a.png.json')).annotations).toHaveLength(1)
    expect(existsSync(join(setup.folder, 'a.png.json'))).toBe(false)
  })
})

test.each(['pictograph', 'labelme', 'yolo'] as const)(
  '%s: a folder that was moved away is not made anew, and gets its labels when it is back',
  async (format) => {
    await using setup = await inStep(format)
    const { core, datasetId, folder, image } = setup
    const away = `${folder}-away`
    renameSync(folder, away)
    draw(core, image.id)
    await setup.settled()
    expect(existsSync(folder)).toBe(false)
    renameSync(away, folder)
    await core.library.open(datasetId)
    await core.library.settled(datasetId)
    await vi.waitFor(() => expect(readdirSync(folder).length).toBeGreaterThan(2), 5000)
  },
)
