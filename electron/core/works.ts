import { newId } from '#shared/model/annotation.ts'
import type { Work } from '#shared/model/work.ts'
import type { SettingRepository } from './cache/setting-repository.ts'
import type { EventBus } from './event-bus.ts'
import { UserError } from './user-error.ts'

/** Work that ends within this time is not shown, milliseconds. */
const SHOWN_AFTER_MS = 300
/** Windows are told of progress at most this often, milliseconds. */
const TOLD_EVERY_MS = 150

/** Setting: messages about work that was cut off, by its id. */
const CUT_OFF = 'works-cut-off'

export interface NewWork {
  label: string
  datasetId: string | null
  /** Absent: it cannot be cancelled. */
  cancel?: () => void
  /** What the user is told at the next start if the app ends meanwhile; absent: the work goes on by itself. */
  ifCutOff?: string
}

/** Work that runs. Dispose it at its end, however it ends. */
export interface RunningWork extends Disposable {
  /** `share`: how much is done, 0..1; null: unknown. */
  tell(share: number | null): void
}

/**
 * All long work of the core: each shows its progress in the windows, can be cancelled there, and either goes on by
 * itself after a crash or is named at the next start.
 */
export class Works {
  readonly #events: EventBus
  readonly #settings: Pick<SettingRepository, 'get' | 'set'>
  readonly #running = new Map<string, { work: Work; isShown: boolean; cancel?: () => void }>()

  constructor(events: EventBus, settings: Pick<SettingRepository, 'get' | 'set'>) {
    this.#events = events
    this.#settings = settings
    for (const message of Object.values(this.#cutOff()))
      events.publishToFirst({ type: 'notice', message })
    if (Object.keys(this.#cutOff()).length > 0) settings.set(CUT_OFF, {})
  }

  /** What is shown now. */
  list(): Work[] {
    return [...this.#running.values()].filter(({ isShown }) => isShown).map(({ work }) => work)
  }

  begin({ label, datasetId, cancel, ifCutOff }: NewWork): RunningWork {
    const id = newId()
    const canCancel = cancel !== undefined
    const entry = {
      work: { id, datasetId, label, share: null as number | null, canCancel },
      isShown: false,
      ...(cancel && { cancel }),
    }
    this.#running.set(id, entry)
    if (ifCutOff !== undefined) this.#settings.set(CUT_OFF, { ...this.#cutOff(), [id]: ifCutOff })
    const show = () => {
      entry.isShown = true
      this.#events.publish({ type: 'work', work: entry.work })
    }
    const timer = setTimeout(show, SHOWN_AFTER_MS)
    timer.unref()
    let toldAt = performance.now()
    return {
      tell: (share) => {
        entry.work = { ...entry.work, share }
        const now = performance.now()
        if (!entry.isShown || now - toldAt < TOLD_EVERY_MS) return
        toldAt = now
        show()
      },
      [Symbol.dispose]: () => {
        clearTimeout(timer)
        if (!this.#running.delete(id)) return
        if (entry.isShown) this.#events.publish({ type: 'work-ended', id })
        if (ifCutOff === undefined) return
        const { [id]: _ended, ...others } = this.#cutOff()
        this.#settings.set(CUT_OFF, others)
      },
    }
  }

  cancel(id: string): void {
    this.#running.get(id)?.cancel?.()
  }

  /** Follows the steps of a stream that a window reads, which ends also when it is cancelled from another place. */
  async *follow<T extends object>(
    work: Omit<NewWork, 'cancel'>,
    signal: AbortSignal | undefined,
    start: (signal: AbortSignal) => AsyncIterable<T>,
  ): AsyncGenerator<T> {
    const stop = new AbortController()
    const cancel = () => stop.abort(new UserError('closed', 'Cancelled.'))
    using running = this.begin({ ...work, cancel })
    for await (const step of start(signal ? AbortSignal.any([signal, stop.signal]) : stop.signal)) {
      if ('done' in step && 'total' in step) {
        const [done, total] = [Number(step.done), Number(step.total)]
        running.tell(total > 0 ? done / total : null)
      }
      yield step
    }
  }

  #cutOff(): Record<string, string> {
    const stored = this.#settings.get(CUT_OFF)
    return typeof stored === 'object' && stored !== null ? { ...stored } : {}
  }
}
