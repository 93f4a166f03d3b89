import type { Annotation } from '#shared/model/annotation.ts'

declare global {
  interface Window {
    /** Annotations as they are stored, by image. */
    storedNow: () => Promise<Record<string, Annotation[]>>
  }
}

/** Runs in the page: random events as the browser would send them. */
export async function throwEvents({
  events,
  seed,
  keys,
}: {
  events: number
  seed: number
  /** Single keys to press, besides those of every run. */
  keys: string
}): Promise<void> {
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
  const letters = [...'vropklxsntbhfjgumcz123456,.-=[]', ...keys]
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
  /** Waits frame by frame; a page that never gets there fails with what it shows. */
  const until = async (what: string, isSo: () => boolean) => {
    const end = performance.now() + 60_000
    while (!isSo()) {
      if (performance.now() > end)
        throw new Error(
          `Waited a minute for: ${what}. Focus: ${document.activeElement?.outerHTML.slice(0, 200)}. Page: ${document.body.innerText.slice(0, 1_500)}`,
        )
      await frame()
    }
  }
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
    done.push(`${more.ctrlKey || more.metaKey ? 'Mod+' : ''}${more.shiftKey ? 'Shift+' : ''}${key}`)
    const target = document.activeElement ?? document.body
    target.dispatchEvent(new KeyboardEvent('keydown', init))
    target.dispatchEvent(new KeyboardEvent('keyup', init))
  }
  /** Which images were on screen since the last check, and before it: an undo may take effect a moment after its image was left. */
  const seen = new Set<string>()
  let seenBefore: ReadonlySet<string> = new Set()
  const look = () => {
    const image = canvasNow()?.getAttribute('data-image')
    if (image) seen.add(image)
  }
  // An undo may show an image and leave it again between two looks.
  new MutationObserver((records) => {
    for (const { oldValue } of records) if (oldValue) seen.add(oldValue)
    look()
  }).observe(document.body, {
    subtree: true,
    childList: true,
    attributes: true,
    attributeFilter: ['data-image'],
    attributeOldValue: true,
  })
  /** Throws when something was changed on an image that nobody saw. */
  const checkUnseen = async () => {
    const now = await window.storedNow()
    for (const [image, annotations] of Object.entries(now))
      if (
        !seen.has(image) &&
        !seenBefore.has(image) &&
        JSON.stringify(annotations) !== JSON.stringify(before[image])
      )
        throw new Error(
          `Image ${image} was changed while others were on screen: ${JSON.stringify(before[image])} became ${JSON.stringify(annotations)}`,
        )
    before = now
    seenBefore = new Set(seen)
    seen.clear()
    look()
  }
  const pressLetter = async (letter: string) => {
    press(letter, { shiftKey: random() < 0.2, altKey: random() < 0.05 })
    // Another image: mostly it is waited for, sometimes work goes on meanwhile.
    if ('ad'.includes(letter) && random() < 0.9) await shownImage()
  }
  const isSaved = () => document.querySelector('[data-save]')?.textContent === 'Saved'
  const settled = async () => {
    await frame()
    await until('everything is saved', isSaved)
  }
  /** What is stored when all has taken effect that was asked for so far, undo as well. */
  const stillness = async () => {
    for (;;) {
      await settled()
      const stored = await window.storedNow()
      for (let frames = 0; frames < 10; frames++) await frame()
      if (JSON.stringify(await window.storedNow()) === JSON.stringify(stored)) return stored
    }
  }
  const letGo = () => {
    // Another image may have come since the last look, and gets what is drawn to its end now.
    look()
    if (held) pointer('pointerup', 0)
    held = false
  }
  const shownImage = async () => {
    await until(
      'the image is shown',
      () =>
        document.querySelector('[data-canvas][data-ready=true]') !== null &&
        document.querySelector('[role=tab] span') !== null,
    )
  }
  /** What was done beside hidden shapes, for the error. */
  const done: string[] = []
  /** A key may have opened a dialog, which keeps the keys that the next step needs. */
  const closeDialogs = async () => {
    await until('dialogs are closed', () => {
      if (!document.querySelector('[role=dialog]')) return true
      press('Escape')
      // A field that has the focus may keep Escape for itself.
      const close = document.querySelector('[role=dialog] button[aria-label=Close]')
      if (close instanceof HTMLElement) close.click()
      return false
    })
  }
  /** Each shape is hidden by itself; then whatever does not show them again leaves them as they are. */
  const workBesideHidden = async () => {
    letGo()
    await closeDialogs()
    await shownImage()
    press('Escape')
    press('v')
    // With nothing selected, H shows what is hidden: if nothing were visible, the H below would do that.
    press('Escape')
    press('h')
    // Hidden all together they would be shown again with the next one that is drawn.
    for (const button of document.querySelectorAll('button'))
      if (button.textContent?.startsWith('All shapes are hidden')) button.click()
    press('a', mod)
    press('h')
    const image = canvasNow()?.getAttribute('data-image') ?? ''
    const hidden = (await stillness())[image] ?? []
    const harmless = letters.filter((letter) => !'htadzq'.includes(letter))
    done.length = 0
    for (let step = 0; step < 150; step++) {
      at.x = left + random() * width
      at.y = top + random() * height
      if (random() < 0.3) pointer('pointermove', -1)
      else if (random() < 0.6) {
        held = !held
        done.push(held ? 'down' : 'up')
        pointer(held ? 'pointerdown' : 'pointerup', 0)
      } else if (random() < 0.7) press(pick(harmless))
      else if (random() < 0.8) press(pick(named), { shiftKey: random() < 0.2 })
      else press(pick([...'axcvdl']), mod)
    }
    letGo()
    await settled()
    const left_ = new Map(((await window.storedNow())[image] ?? []).map((item) => [item.id, item]))
    for (const annotation of hidden)
      if (JSON.stringify(left_.get(annotation.id)) !== JSON.stringify(annotation))
        throw new Error(
          `A hidden shape was changed: ${JSON.stringify(annotation)} became ${JSON.stringify(left_.get(annotation.id))} by ${done.join(' ')}`,
        )
    press('Escape')
    press('v')
    press('Escape')
    press('h')
  }
  let before = await window.storedNow()
  look()
  const count = () => Number(document.querySelector('[role=tab] span')?.textContent ?? 0)
  for (let event = 0; event < events; event++) {
    look()
    // Answers come and images open in the middle of what is done.
    if (random() < 0.03) await frame()
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
    else if (kind < 0.94) await pressLetter(pick(letters))
    else if (kind < 0.98) press(pick(named), { shiftKey: random() < 0.2 })
    else {
      press(pick(withMod), mod)
      // Undo may lead to another image, and takes back there what can be seen then.
      await frame()
      look()
    }
    if (event % 250 !== 0) continue
    // The app gets its frames and saves what there is, and never has more shapes than a test has time for. An undo that is
    // still on its way belongs to what was seen before the check.
    await stillness()
    look()
    await checkUnseen()
    if (event % 2_000 === 1_000) await workBesideHidden()
    if (event % 1_000 === 500) {
      // With the gallery in front, which takes the canvas away and brings another.
      letGo()
      await closeDialogs()
      press('g', mod)
      await until('the gallery is in front', () => {
        look()
        return canvasNow() === null
      })
      await checkUnseen()
      seen.clear()
      seenBefore = new Set()
      before = await stillness()
      for (let key = 0; key < 20; key++) press(pick([...letters, ...named]))
      for (let key = 0; key < 5; key++) press(pick([...'zxvad']), mod)
      await settled()
      await checkUnseen()
      await closeDialogs()
      press('g', mod)
      await shownImage()
    }
    if (count() <= 150) continue
    letGo()
    pointer('pointerdown', 0)
    pointer('pointerup', 0)
    press('a', mod)
    press('Delete')
  }
  letGo()
  await settled()
  look()
  await checkUnseen()
}

/** Runs in the page: undo by its key until there is nothing to undo on any image. */
export async function undoAll(): Promise<void> {
  const hint = () => document.querySelector('[data-hint]')?.textContent ?? ''
  const mod = /mac/i.test(navigator.platform) ? { metaKey: true } : { ctrlKey: true }
  for (;;) {
    const target = document.querySelector('[data-canvas]') ?? document.body
    target.dispatchEvent(
      new KeyboardEvent('keydown', { key: 'z', code: 'KeyZ', ...mod, bubbles: true }),
    )
    do await new Promise((resolve) => setTimeout(resolve, 0))
    while (!/^(Undone|Nothing to undo)/.test(hint()))
    // “Press again to go there”: steps of other images are taken back where they can be seen.
    if (hint().startsWith('Nothing') && !hint().includes('Press again')) return
  }
}
