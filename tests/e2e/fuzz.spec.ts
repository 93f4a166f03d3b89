import { join } from 'node:path'
import { annotationSchema } from '#shared/model/annotation.ts'
import { writeImage } from '#tests/helpers/core.ts'
import { repetitions } from '#tests/helpers/repetitions.ts'
import { expect, test } from './fixture.ts'

const EVENTS = repetitions({ few: 10_000, many: 100_000 })
const SEED = Number(process.env.PICTOGRAPH_FUZZ_SEED ?? 1)

test('whatever is done with pointer, wheel and keys: no exception, no invalid shape, and undo leads back to the start', async ({
  app,
  folder,
}) => {
  test.setTimeout(600_000)
  await writeImage(join(folder, 'a.png'), 800, 500)
  const page = await app.start(folder)
  const { canvas } = app
  await canvas.ready()
  for (const name of ['car', 'face']) {
    await page.getByLabel('Find or add a class').fill(name)
    await page.keyboard.press('Enter')
    await expect(canvas.classRow(name)).toBeVisible()
  }
  await canvas.openClassSettings('face')
  await page.getByLabel('Begin with a template').selectOption('Face (5 points)')
  await page.getByRole('button', { name: 'Save class' }).click()
  await expect(page.getByRole('dialog')).toHaveCount(0)
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.stack ?? error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text())
  })

  await page.evaluate(throwEvents, { events: EVENTS, seed: SEED })
  expect(errors).toEqual([])
  await expect(page.locator('[data-save]')).toHaveText('Saved', { timeout: 30_000 })
  const left = app.stored('a.png')
  for (const annotation of left)
    expect(annotationSchema.safeParse(annotation).error).toBeUndefined()
  // Enough of it was work: the events were not thrown at nothing.
  expect(app.editCount()).toBeGreaterThan(EVENTS / 50)

  await page.locator('[data-canvas]').focus()
  // The classes of the beginning are the last that undo takes back.
  // (With a drawing tool it would take back the points of what is unfinished.)
  await page.keyboard.press('v')
  await page.evaluate(undoAll)
  await expect.poll(() => app.stored('a.png')).toEqual([])
  await expect(page.getByText('No annotations on this image')).toBeVisible()
  expect(errors).toEqual([])
})

/** Runs in the page: random events as the browser would send them. */
async function throwEvents({ events, seed }: { events: number; seed: number }): Promise<void> {
  // mulberry32, as in tests/helpers/random.ts, which the page cannot import.
  let state = seed >>> 0
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]
  // The gallery takes the canvas away, and brings another one.
  const canvasNow = () => document.querySelector('[data-canvas]')
  const first = canvasNow()
  if (!first) throw new Error('There is no canvas')
  // A pointer that no hand moves cannot be captured.
  Element.prototype.setPointerCapture = () => {}
  const { left, top, width, height } = first.getBoundingClientRect()
  const letters = [...'vropklxsntbhfjgumcz123456,.-=[]']
  const named = ['Enter', 'Escape', 'Backspace', 'Delete', 'Tab', ' ', 'ArrowLeft', 'ArrowDown']
  // With Ctrl: what makes, takes back and selects; nothing that opens a dialog or another image.
  const withMod = [...'zzzyacxvdl0']
  const at = { x: left + width / 2, y: top + height / 2 }
  let held = false
  /** Fingers on the screen, beside the mouse. */
  const fingers = new Set<number>()
  /** One to three fingers come, move and go, in any order, whatever the mouse does meanwhile. */
  const touch = () => {
    for (let step = 0; step < 8; step++) {
      const finger = pick([1, 2, 3])
      if (!fingers.has(finger)) {
        fingers.add(finger)
        pointer('pointerdown', 0, finger)
      } else if (random() < 0.6) {
        at.x += (random() - 0.5) * 60
        pointer('pointermove', -1, finger)
      } else {
        fingers.delete(finger)
        pointer(pick(['pointerup', 'pointercancel', 'lostpointercapture']), 0, finger)
      }
    }
    for (const finger of fingers) pointer('pointerup', 0, finger)
    fingers.clear()
  }
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
  const mod = /mac/i.test(navigator.platform) ? { metaKey: true } : { ctrlKey: true }
  const modifiers = () => ({
    shiftKey: random() < 0.15,
    altKey: random() < 0.08,
    ctrlKey: random() < 0.08,
  })
  const pointer = (type: string, button: number, finger = 0) =>
    canvasNow()?.dispatchEvent(
      new PointerEvent(type, {
        clientX: at.x + finger * 40,
        clientY: at.y,
        button,
        buttons: finger > 0 ? Number(fingers.has(finger)) : Number(held),
        pointerId: 1 + finger,
        pointerType: finger > 0 ? 'touch' : 'mouse',
        bubbles: true,
        cancelable: true,
        ...modifiers(),
      }),
    )
  const press = (key: string, more: KeyboardEventInit = {}) => {
    const code = /^[a-z]$/.test(key)
      ? `Key${key.toUpperCase()}`
      : /^\d$/.test(key)
        ? `Digit${key}`
        : key
    const init = { key, code, bubbles: true, cancelable: true, ...more }
    const target = document.activeElement ?? document.body
    target.dispatchEvent(new KeyboardEvent('keydown', init))
    target.dispatchEvent(new KeyboardEvent('keyup', init))
  }
  const count = () => Number(document.querySelector('[role=tab] span')?.textContent ?? 0)
  for (let event = 0; event < events; event++) {
    const kind = random()
    if (kind < 0.5) {
      // Mostly near where the pointer was, sometimes far, sometimes outside.
      const reach = random() < 0.8 ? 60 : 1200
      at.x += (random() - 0.5) * reach
      at.y += (random() - 0.5) * reach
      if (random() < 0.95) {
        at.x = Math.min(left + width, Math.max(left, at.x))
        at.y = Math.min(top + height, Math.max(top, at.y))
      }
      pointer('pointermove', -1)
    } else if (kind < 0.74) {
      if (held) pointer('pointerup', 0)
      else pointer('pointerdown', random() < 0.92 ? 0 : 1)
      held = !held
      if (!held && random() < 0.1)
        canvasNow()?.dispatchEvent(new MouseEvent('dblclick', { clientX: at.x, clientY: at.y }))
    } else if (kind < 0.8) {
      const deltaY = (random() - 0.5) * 400
      canvasNow()?.dispatchEvent(
        new WheelEvent('wheel', {
          deltaY,
          clientX: at.x,
          clientY: at.y,
          cancelable: true,
          ...modifiers(),
        }),
      )
    } else if (kind < 0.805) {
      const lost = pick(['pointercancel', 'lostpointercapture', 'blur'])
      if (lost === 'blur') window.dispatchEvent(new Event('blur'))
      else pointer(lost, 0)
      held = false
    } else if (kind < 0.82) touch()
    else if (kind < 0.94)
      press(pick(letters), { shiftKey: random() < 0.2, altKey: random() < 0.05 })
    else if (kind < 0.98) press(pick(named), { shiftKey: random() < 0.2 })
    else press(pick(withMod), mod)
    if (event % 250 !== 0) continue
    // The app gets its frames and saves what there is, and never has more shapes than a test has time for.
    const isSaved = () => document.querySelector('[data-save]')?.textContent === 'Saved'
    do await new Promise((resolve) => requestAnimationFrame(resolve))
    while (!isSaved())
    if (event % 1_000 === 500) {
      // With the gallery in front, which takes the canvas away and brings another.
      if (held) pointer('pointerup', 0)
      held = false
      press('g', mod)
      while (canvasNow()) await frame()
      for (let key = 0; key < 20; key++) press(pick([...letters, ...named]))
      for (let key = 0; key < 5; key++) press(pick([...'zxvad']), mod)
      press('g', mod)
      while (!document.querySelector('[data-canvas][data-ready=true]')) await frame()
      while (document.querySelector('[role=tab] span') === null) await frame()
    }
    if (count() <= 150) continue
    if (held) pointer('pointerup', 0)
    held = false
    pointer('pointerdown', 0)
    pointer('pointerup', 0)
    press('a', mod)
    press('Delete')
  }
  if (held) pointer('pointerup', 0)
}

/** Runs in the page: undo by its key until there is nothing to undo. */
async function undoAll(): Promise<void> {
  const hint = () => document.querySelector('[data-hint]')?.textContent ?? ''
  const mod = /mac/i.test(navigator.platform) ? { metaKey: true } : { ctrlKey: true }
  for (;;) {
    const target = document.querySelector('[data-canvas]') ?? document.body
    target.dispatchEvent(
      new KeyboardEvent('keydown', { key: 'z', code: 'KeyZ', ...mod, bubbles: true }),
    )
    do await new Promise((resolve) => setTimeout(resolve, 0))
    while (!/^(Undone|Nothing to undo)/.test(hint()))
    if (hint().startsWith('Nothing')) return
  }
}
