import type { CDPSession, Page } from 'playwright'
import type { Point } from '#shared/model/annotation.ts'
import { percentile } from './measure.ts'

/** Milliseconds. */
export interface Frames {
  p50: number
  p95: number
}

/** One event per frame at 60 Hz, in milliseconds. */
const EVERY_MS = 1000 / 60

/** Frame intervals of the page during `gesture`. */
export async function framesDuring(page: Page, gesture: () => Promise<void>): Promise<Frames> {
  await page.evaluate(() => {
    const intervals: number[] = []
    let last: number | null = null
    const tick = (now: number) => {
      if (last !== null) intervals.push(now - last)
      last = now
      if (Reflect.get(window, 'benchFrames') === intervals) requestAnimationFrame(tick)
    }
    Reflect.set(window, 'benchFrames', intervals)
    requestAnimationFrame(tick)
  })
  await gesture()
  const intervals = await page.evaluate(() => {
    const taken: number[] = Reflect.get(window, 'benchFrames')
    Reflect.set(window, 'benchFrames', null)
    return taken
  })
  return { p50: percentile(intervals, 0.5), p95: percentile(intervals, 0.95) }
}

/** `count` events of real input, evenly spaced. Like a hand, it does not wait for a page that falls behind. */
export async function paced(count: number, event: (index: number) => Promise<void>): Promise<void> {
  const start = performance.now()
  const sent: Promise<void>[] = []
  for (let index = 0; index < count; index++) {
    sent.push(event(index))
    const rest = start + (index + 1) * EVERY_MS - performance.now()
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, rest)))
  }
  await Promise.all(sent)
}

/** Drags in circles from a point, with a button held. */
export async function dragAround(
  page: Page,
  from: Point,
  radius: number,
  button: 'left' | 'middle',
): Promise<void> {
  await page.mouse.move(from.x, from.y)
  await page.mouse.down({ button })
  await paced(120, (index) => {
    const angle = (index / 60) * 2 * Math.PI
    return page.mouse.move(
      from.x + radius * (Math.cos(angle) - 1),
      from.y + radius * Math.sin(angle),
    )
  })
  await page.mouse.up({ button })
}

/** Wheels in and out at a point. */
export async function wheelAround(page: Page, at: Point): Promise<void> {
  await page.mouse.move(at.x, at.y)
  await paced(120, (index) => page.mouse.wheel(0, index % 60 < 30 ? -40 : 40))
}

/** The page's cost of a pointer move, p95 in milliseconds: hit test and all handlers. */
export async function hoverCost(page: Page): Promise<number> {
  const times = await page.evaluate(() => {
    const taken: number[] = []
    for (let index = 0; index < 500; index++) {
      const clientX = 300 + ((index * 37) % 800)
      const clientY = 150 + ((index * 53) % 600)
      const init = { clientX, clientY, bubbles: true, cancelable: true, pointerType: 'mouse' }
      const start = performance.now()
      const target = document.elementFromPoint(clientX, clientY)
      target?.dispatchEvent(new PointerEvent('pointermove', init))
      target?.dispatchEvent(new MouseEvent('mousemove', init))
      taken.push(performance.now() - start)
    }
    return taken
  })
  return percentile(times, 0.95)
}

/** Used JavaScript heap after garbage collection, MB. */
export async function heapMb(session: CDPSession): Promise<number> {
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  return usedSize / 1e6
}
