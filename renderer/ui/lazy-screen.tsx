import { type ComponentType, type LazyExoticComponent, lazy } from 'react'

/** A part of the interface that is loaded when it is first shown, or before with `load`. */
export function lazyScreen<Props>(
  load: () => Promise<ComponentType<Props>>,
): LazyExoticComponent<ComponentType<Props>> & { load: () => Promise<unknown> } {
  let loading: Promise<ComponentType<Props>> | null = null
  const once = () => {
    loading ??= load().catch((error: unknown) => {
      // Without the engine it could not come: it is tried again at the next need.
      loading = null
      throw error
    })
    return loading
  }
  return Object.assign(
    lazy(async () => ({ default: await once() })),
    { load: once },
  )
}
