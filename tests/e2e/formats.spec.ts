import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder, writeImage } from '#tests/helpers/core.ts'
import { expect, test } from './fixture.ts'

test('an export can be imported elsewhere, and undo reverts the import', async ({
  app,
  folder,
}) => {
  await writeImage(join(folder, 'a.png'), 400, 300)
  const page = await app.start(folder)
  await app.canvas.ready()
  await page.keyboard.press('r')
  await app.canvas.drag([100, 50], [200, 150])
  await page.keyboard.press('l')
  await app.canvas.click(10, 10)
  await app.canvas.click(90, 90)
  await page.keyboard.press('Enter')
  await app.canvas.saved()
  const drawn = app.stored('a.png')

  using out = temporaryFolder()
  await page.keyboard.press('ControlOrMeta+Shift+E')
  await page.getByLabel('Target folder').fill(join(out.path, 'coco'))
  await page.getByText('Copy', { exact: true }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Export', exact: true }).click()
  await expect(page.getByText('polylines have no place in COCO and are left out')).toBeVisible()
  await app.screenshot('export-report')
  await page.getByRole('button', { name: 'Done' }).click()
  const coco = JSON.parse(
    readFileSync(join(out.path, 'coco/annotations/instances_default.json'), 'utf8'),
  )
  expect(coco.annotations).toHaveLength(1)

  // Another dataset: the exported images, and a line about an image that is not among them.
  coco.images.push({ id: 99, file_name: 'elsewhere.jpg', width: 10, height: 10 })
  coco.annotations.push(
    { id: 99, image_id: 99, category_id: 1, bbox: [1, 1, 2, 2] },
    { id: 100, image_id: 1, category_id: 7, bbox: [1, 1, 2, 2] },
  )
  writeFileSync(join(out.path, 'coco/annotations/instances_default.json'), JSON.stringify(coco))
  await app.restart('quit', join(out.path, 'coco'))
  await app.canvas.ready()
  await app.page.keyboard.press('ControlOrMeta+i')
  await app.page.getByLabel('Label file or folder').fill(join(out.path, 'coco/annotations'))
  await app.page.getByRole('button', { name: 'Preview' }).click()
  await expect(app.page.getByText('1 image is not in this dataset')).toBeVisible()
  await expect(app.page.getByText('no category has the id 7')).toBeVisible()
  await app.screenshot('import-preview')
  await app.page.getByRole('button', { name: 'Import 1 annotation' }).click()
  await expect(app.page.getByText('1 annotation imported on 1 image.')).toBeVisible()
  await app.page.getByRole('button', { name: 'Done' }).click()
  await expect(app.canvas.list).toHaveCount(1)
  await expect(app.page.getByRole('button', { name: 'Undo: Import COCO' })).toBeEnabled()
  const [imported] = app.stored('images/a.png')
  expect(imported.className).toBe(drawn[0].className)
  expect(imported.shape).toEqual(
    drawn[0].shape.kind === 'bbox' && {
      kind: 'bbox',
      ...Object.fromEntries(
        Object.entries(drawn[0].shape)
          .filter(([key]) => key !== 'kind')
          .map(([key, value]) => [key, expect.closeTo(Number(value), 5)]),
      ),
    },
  )
  await app.page.keyboard.press('ControlOrMeta+i')
  await app.page.getByLabel('Label file or folder').fill(join(out.path, 'coco/annotations'))
  await app.page.keyboard.press('Enter')
  await expect(app.page.getByText('Add, skip 1 identical')).toBeVisible()
  await expect(app.page.getByRole('button', { name: 'Import 0 annotations' })).toBeDisabled()
  await app.page.keyboard.press('Escape')
  await app.page.locator('[data-canvas]').focus()
  await app.page.keyboard.press('ControlOrMeta+z')
  await expect(app.canvas.list).toHaveCount(0)
})

test('a broken label file gives a precise error, and nothing is written', async ({
  app,
  folder,
}) => {
  await writeImage(join(folder, 'a.png'))
  const broken = join(folder, 'broken.json')
  writeFileSync(broken, '{"images": [}')
  const page = await app.start(folder)
  await app.canvas.ready()
  await page.keyboard.press('ControlOrMeta+i')
  await page.getByLabel('Label file or folder').fill(broken)
  await page.getByLabel('Format').selectOption('coco')
  await page.getByRole('button', { name: 'Preview' }).click()
  await expect(page.getByText(/broken\.json.*is not JSON/)).toBeVisible()
  await expect(page.getByRole('button', { name: 'Import 0 annotations' })).toBeDisabled()
  await page.getByRole('button', { name: 'Back' }).click()
  await page.getByLabel('Label file or folder').fill('/no/such')
  await page.getByRole('button', { name: 'Preview' }).click()
  await expect(page.getByRole('alert')).toHaveText(
    '/no/such: Not found. It may have been moved, renamed or deleted',
  )
})

test('exporting to an unwritable folder gives an error', async ({ app, folder }) => {
  await writeImage(join(folder, 'a.png'))
  writeFileSync(join(folder, 'file'), '')
  const page = await app.start(folder)
  await app.canvas.ready()
  await page.keyboard.press('k')
  await app.canvas.click(5, 5)
  await page.keyboard.press('ControlOrMeta+Shift+E')
  await page.getByLabel('Target folder').fill(join(folder, 'file/inside'))
  await page.getByRole('dialog').getByRole('button', { name: 'Export', exact: true }).click()
  await expect(page.getByRole('alert')).toContainText('It is not a folder')
})

test('synced label files: an edit is written, and a change by labelme shows at once', async ({
  app,
  folder,
}) => {
  await writeImage(join(folder, 'a.png'), 400, 300)
  const page = await app.start(folder)
  await app.canvas.ready()
  await page.keyboard.press('ControlOrMeta+,')
  await page.getByRole('tab', { name: 'Label files' }).click()
  await page.getByText('labelme', { exact: true }).click()
  await page.getByRole('button', { name: 'Apply' }).click()
  await expect(page.getByRole('button', { name: 'Apply' })).toBeDisabled()
  await page.keyboard.press('Escape')
  await page.keyboard.press('r')
  await app.canvas.drag([100, 50], [200, 150])
  const file = join(folder, 'a.json')
  const read = () => JSON.parse(readFileSync(file, 'utf8'))
  await expect
    .poll(() => {
      try {
        return read().shapes.length
      } catch {
        return 0
      }
    })
    .toBe(1)
  const content = read()
  content.shapes.push({
    label: 'dog',
    points: [[5, 5]],
    shape_type: 'point',
    group_id: null,
    flags: {},
  })
  writeFileSync(file, JSON.stringify(content))
  await expect(app.canvas.list).toHaveCount(2)
  await page.keyboard.press('ControlOrMeta+z')
  await expect(app.canvas.hint).toHaveText('Undone: Read a.json')
  await expect(app.canvas.list).toHaveCount(1)
})

const labelme = (imagePath: string, label: string) => ({
  version: '5.4.1',
  flags: {},
  shapes: [
    {
      label,
      shape_type: 'rectangle',
      points: [
        [10, 10],
        [60, 40],
      ],
      group_id: null,
      description: '',
      flags: {},
    },
  ],
  imagePath,
  imageData: null,
  imageHeight: 300,
  imageWidth: 400,
})

/** Two images, each with a labelme file. */
async function withLabelme(folder: string): Promise<void> {
  for (const name of ['a', 'b']) {
    await writeImage(join(folder, `${name}.png`), 400, 300)
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(labelme(`${name}.png`, 'car')))
  }
}

const FOUND = { hasText: 'found in this folder' }

test('label files in a folder are offered for import, once', async ({ app, folder }) => {
  await withLabelme(folder)
  const page = await app.start(folder)
  const notice = page.getByRole('status').filter(FOUND)
  await expect(notice).toContainText('2 labelme files found in this folder.')
  await app.screenshot('labels-found')
  await notice.getByRole('button', { name: 'Import…' }).click()
  await expect(page.getByLabel('Label file or folder')).toHaveValue(folder)
  await expect(page.getByLabel('Format')).toHaveValue('labelme')
  await page.getByRole('button', { name: 'Preview' }).click()
  await page.getByRole('button', { name: 'Import 2 annotations' }).click()
  await expect(page.getByText('2 annotations imported on 2 images.')).toBeVisible()
  await page.getByRole('button', { name: 'Done' }).click()
  await expect(notice).toBeHidden()
  await expect(app.canvas.list).toHaveCount(1)

  // Another format comes: only that one is offered, and the import of this dataset is remembered.
  const table = 'filename,class,xmin,ymin,xmax,ymax\na.png,car,1,2,3,4\n'
  writeFileSync(join(folder, 'list.csv'), table)
  await app.restart('quit', folder)
  await expect(app.page.getByRole('status').filter(FOUND)).toContainText(
    '1 Roboflow / TensorFlow CSV file found in this folder.',
  )
  await app.page.keyboard.press('ControlOrMeta+i')
  await expect(app.page.getByLabel('Format')).toHaveValue('labelme')
})

test('label files in a folder are kept in step', async ({ app, folder }) => {
  await withLabelme(folder)
  const page = await app.start(folder)
  const notice = page.getByRole('status').filter(FOUND)
  await notice.getByRole('button', { name: 'Keep in sync' }).click()
  await expect(notice).toBeHidden()
  await expect(app.canvas.list).toHaveCount(1)
})

test('label files of several formats are ignored, also at the next start', async ({
  app,
  folder,
}) => {
  await withLabelme(folder)
  const coco = {
    images: [{ id: 1, file_name: 'a.png', width: 400, height: 300 }],
    annotations: [{ id: 1, image_id: 1, category_id: 1, bbox: [1, 2, 30, 40] }],
    categories: [{ id: 1, name: 'car' }],
  }
  writeFileSync(join(folder, 'coco.json'), JSON.stringify(coco))
  const page = await app.start(folder)
  const notice = page.getByRole('status').filter(FOUND)
  await expect(notice).toContainText('2 labelme files, 1 COCO file found in this folder.')
  await expect(notice.getByRole('button', { name: 'Keep in sync' })).toBeHidden()
  await notice.getByRole('button', { name: 'Ignore' }).click()
  await expect(notice).toBeHidden()
  await app.restart('quit', folder)
  await app.canvas.ready()
  await expect(app.page.getByRole('status').filter(FOUND)).toBeHidden()
})
