import { type ComponentType, type LazyExoticComponent, lazy } from 'react'

/** Milliseconds. */
const AGAIN_MS = 1_000

/**
 * A part of the interface that is loaded when it is first shown, or before with `load`. What cannot be loaded, for
 * the engine is being started again, is tried until it can: React would keep a failure for ever.
 */
export function lazyScreen<Props>(
  load: () => Promise<ComponentType<Props>>,
): LazyExoticComponent<ComponentType<Props>> & { load: () => Promise<unknown> } {
  let loading: Promise<ComponentType<Props>> | null = null
  const untilLoaded = async () => {
    for (;;) {
      try {
        return await load()
      } catch {
        await new Promise((later) => setTimeout(later, AGAIN_MS))
      }
    }
  }
  const once = () => {
    loading ??= untilLoaded()
    return loading
  }
  return Object.assign(
    lazy(async () => ({ default: await once() })),
    { load: once },
  )
}
