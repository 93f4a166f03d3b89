import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { toWireAnnotation } from '#core/api/wire-annotation.ts'
import { lonePolygon, PHOTO, scenario } from '#tests/bench/scenario.ts'
import { temporaryFolder, writeImage } from '#tests/helpers/core.ts'
import { expect, test } from './fixture.ts'

test('ten thousand shapes are imported, drawn and selected, and commands stay searchable', async ({
  app,
  folder,
}) => {
  test.setTimeout(120_000)
  await writeImage(join(folder, 'crowd.png'), PHOTO.width, PHOTO.height)
  const shapes = scenario(10_000)
  using labels = temporaryFolder()
  const file = { image: 'crowd.png', annotations: shapes.map(toWireAnnotation) }
  writeFileSync(join(labels.path, 'crowd.json'), JSON.stringify(file))
  const page = await app.start(folder)
  const { canvas } = app
  await canvas.ready()
  await page.keyboard.press('ControlOrMeta+i')
  await page.getByLabel('Label file or folder').fill(labels.path)
  await page.getByRole('button', { name: 'Preview' }).click()
  await page.getByRole('button', { name: 'Import 10,000 annotations' }).click()
  await page.getByRole('button', { name: 'Done' }).click({ timeout: 60_000 })
  await expect(page.getByRole('tab', { name: /10000/ })).toBeVisible({ timeout: 60_000 })
  await page.locator('[data-canvas][data-complete=true]').waitFor()
  const { middle } = lonePolygon(shapes)
  await canvas.click(middle.x, middle.y)
  await expect(page.getByRole('heading', { name: /^Polygon/ })).toBeVisible()
  await app.screenshot('ten-thousand')
  await page.keyboard.press('ControlOrMeta+k')
  await page.getByPlaceholder('Type a command').fill('pol')
  await app.screenshot('palette')
  // What has a key is there too, for those who do not know it.
  await page.getByPlaceholder('Type a command').fill('move left by 10')
  await expect(page.getByRole('option', { name: /Move left by 10 px/ })).toBeVisible()
})
