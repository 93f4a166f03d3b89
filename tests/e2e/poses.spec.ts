import { join } from 'node:path'
import { boundsOfPoints } from '#shared/geometry/box.ts'
import { shapeBounds } from '#shared/geometry/shape.ts'
import type { Annotation } from '#shared/model/annotation.ts'
import { writeImage } from '#tests/helpers/core.ts'
import { type App, expect, test } from './fixture.ts'

/** Creates a class with the five points of a face, as a user would. */
async function faceClass(app: App): Promise<void> {
  const { page } = app
  await page.getByLabel('Find or add a class').fill('face')
  await page.keyboard.press('Enter')
  await app.canvas.openClassSettings('face')
  await page.getByLabel('Start from a template').selectOption('Face (5 points)')
  await page.getByRole('button', { name: 'Save class' }).click()
  await expect(page.getByRole('dialog')).toHaveCount(0)
}

const joints = (app: App) =>
  Object.fromEntries(app.stored('a.png').map((item) => [item.className, item]))
const place = ({ shape }: Annotation) => shapeBounds(shape)

test.beforeEach(async ({ app, folder }) => {
  await writeImage(join(folder, 'a.png'), 800, 500)
  await app.start(folder)
  await app.canvas.ready()
})

test('a template is edited: joints, lines, sides, order', async ({ app }) => {
  const { page } = app
  await faceClass(app)
  await app.canvas.openClassSettings('face')
  await page.getByRole('button', { name: 'Joint', exact: true }).click()
  await page.getByLabel('Name of joint 6').fill('left_eye')
  await expect(page.getByText('There are two joints called “left_eye”.')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Save class' })).toBeDisabled()
  await page.getByLabel('Name of joint 6').fill('chin')
  await page.getByLabel('Connect chin to').selectOption('left_mouth')
  await page.getByRole('button', { name: 'Move chin up' }).click()
  await app.screenshot('skeleton')
  await page.getByRole('button', { name: 'Save class' }).click()
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await page.keyboard.press('Shift+K')
  await expect(app.canvas.hint).toContainText('Click left_eye (1 of 6)')
})

test('a pose is placed joint by joint, with skips and occlusion, and drawn connected', async ({
  app,
}) => {
  const { page, canvas } = app
  await page.keyboard.press('Shift+K')
  await expect(canvas.hint).toContainText('has no skeleton')
  await faceClass(app)
  await page.keyboard.press('Shift+K')
  await canvas.click(500, 100)
  await expect(canvas.hint).toContainText('Click right_eye (2 of 5)')
  await canvas.click(300, 100)
  await page.keyboard.press('Backspace')
  await expect(canvas.hint).toContainText('Click right_eye (2 of 5)')
  await canvas.click(300, 100, { modifiers: ['Alt'] })
  await page.keyboard.press('s')
  await canvas.click(480, 400)
  await canvas.click(320, 400)
  // A pose is one row.
  await expect(canvas.list).toHaveCount(1)
  await canvas.saved()
  const pose = joints(app)
  expect(Object.keys(pose).sort()).toEqual(['left_eye', 'left_mouth', 'right_eye', 'right_mouth'])
  expect(pose.right_eye.attributes).toEqual({ occluded: 'true' })
  expect(new Set(app.stored('a.png').map(({ instanceId }) => instanceId))).toEqual(new Set([1]))
  // A skipped joint is placed later: the pose tool continues the selected pose.
  await page.keyboard.press('v')
  await canvas.click(500, 100)
  await page.keyboard.press('Shift+K')
  await expect(canvas.hint).toContainText('Click nose, still missing in this face (1 of 1)')
  await canvas.click(400, 250)
  await canvas.saved()
  expect(joints(app).nose.instanceId).toBe(1)
  // The line of the mouth, in the class's colour.
  await page.keyboard.press('v')
  await canvas.move(700, 480)
  await expect.poll(async () => (await canvas.colors([400, 400]))[0]).toBe('#e69f00')
})

test('a pose is selected by its line, moved and scaled as one, flipped, and its sides swapped', async ({
  app,
}) => {
  const { page, canvas } = app
  await faceClass(app)
  await page.keyboard.press('Shift+K')
  await canvas.drag([300, 100], [500, 400])
  await expect(canvas.list).toHaveCount(1)
  await canvas.saved()
  expect(place(joints(app).left_eye).x).toBeGreaterThan(place(joints(app).right_eye).x)
  await page.keyboard.press('v')
  // The line of the mouth lies between its two corners.
  const [left, right] = [place(joints(app).left_mouth), place(joints(app).right_mouth)]
  await canvas.drag([(left.x + right.x) / 2, left.y], [(left.x + right.x) / 2 + 100, left.y])
  await canvas.saved()
  expect(place(joints(app).nose).x).toBeCloseTo(500, -0.5)
  await app.screenshot('pose')
  const before = boundsOfPoints(app.stored('a.png').map(place))
  const corner = await canvas.at({ x: before.x + before.w, y: before.y + before.h })
  await page.mouse.move(corner.x + 14, corner.y + 14)
  await page.mouse.down()
  await page.mouse.move(corner.x - 40, corner.y - 60, { steps: 4 })
  await page.mouse.up()
  await canvas.saved()
  const after = boundsOfPoints(app.stored('a.png').map(place))
  expect(after.w).toBeLessThan(before.w - 20)
  expect([after.x, after.y]).toEqual([before.x, before.y])
  const eye = place(joints(app).left_eye)
  await page.keyboard.press('Shift+S')
  await canvas.saved()
  expect(place(joints(app).right_eye)).toEqual(eye)
  await page.keyboard.press('Shift+X')
  await canvas.saved()
  // After flipping, the left eye is where the left eye was.
  expect(place(joints(app).left_eye).x).toBeCloseTo(
    2 * after.x + after.w - place(joints(app).right_eye).x,
    3,
  )
  await page.keyboard.press('u')
  await canvas.saved()
  expect(app.stored('a.png').every(({ instanceId }) => instanceId === undefined)).toBe(true)
  await page.keyboard.press('g')
  await canvas.saved()
  expect(new Set(app.stored('a.png').map(({ instanceId }) => instanceId)).size).toBe(1)
})

test('an unfinished pose survives a crash', async ({ app, folder }) => {
  await faceClass(app)
  await app.page.keyboard.press('Shift+K')
  await app.canvas.click(500, 100)
  await app.canvas.click(300, 100)
  await expect.poll(() => JSON.parse(app.draftsOf('a.png') || '{}').pose?.placed.length).toBe(2)
  await app.restart('kill', folder)
  await app.canvas.ready()
  await app.page.getByRole('button', { name: 'Continue drawing' }).click()
  await expect(app.canvas.hint).toContainText('Click nose (3 of 5)')
  await app.page.keyboard.press('Enter')
  await app.canvas.saved()
  expect(Object.keys(joints(app)).sort()).toEqual(['left_eye', 'right_eye'])
  // The remaining joints belong to it, even if the app is killed between them.
  await app.page.keyboard.press('ControlOrMeta+a')
  await app.page.keyboard.press('Shift+K')
  await app.canvas.click(400, 200)
  await expect.poll(() => JSON.parse(app.draftsOf('a.png') || '{}').pose?.placed.length).toBe(1)
  await app.restart('kill', folder)
  await app.canvas.ready()
  await app.page.getByRole('button', { name: 'Continue drawing' }).click()
  await app.page.keyboard.press('Enter')
  await app.canvas.saved()
  expect(Object.keys(joints(app)).sort()).toEqual(['left_eye', 'nose', 'right_eye'])
  expect(new Set(app.stored('a.png').map(({ instanceId }) => instanceId)).size).toBe(1)
})
