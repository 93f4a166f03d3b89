import { z } from 'zod'
import { choices } from '#renderer/document/choices.ts'
import { actionKey } from '#renderer/document/key-label.ts'
import type { WandSeed } from '#shared/assist/magic-wand.ts'
import type { DraftData } from '#shared/contract/annotations.ts'
import type { Point } from '#shared/model/annotation.ts'
import { t } from '#shared/texts/texts.ts'
import { RegionTool } from './region-tool.ts'
import { NO_PREVIEW, type Pointer, type Preview, type ToolHost } from './tool.ts'

/** The step of the tolerance; larger tolerances have larger steps. 0..255. */
const LARGER = 1.2
const LEAST = 1
const MOST = 255

const draftSchema = z.object({
  seeds: z.array(z.object({ at: z.object({ x: z.number(), y: z.number() }), adds: z.boolean() })),
})

/**
 * Selects regions of similar colour. A click adds a region, Shift+click removes one, the wheel changes the tolerance, and
 * Enter draws the result.
 */
export class WandTool extends RegionTool {
  #pressed: Point | null = null
  #seeds: WandSeed[] = []

  constructor(host: ToolHost, draft: DraftData | null) {
    super(host)
    const kept = draftSchema.safeParse(draft)
    if (!kept.success) return
    this.#seeds = kept.data.seeds
    this.#look()
  }

  override pointerDown({ at }: Pointer): void {
    this.#pressed = at
  }

  override pointerUp({ shift }: Pointer): void {
    const at = this.#pressed
    this.#pressed = null
    if (!at) return
    if (shift && this.#seeds.length === 0) {
      this.host.say(t('Click the object first, then Shift+click what doesn’t belong to it'))
      return
    }
    this.#seeds = [...this.#seeds, { at, adds: !shift }]
    this.#look()
  }

  override release(): boolean {
    const held = this.#pressed !== null
    this.#pressed = null
    return held
  }

  override cancel(): boolean {
    const had = this.#seeds.length > 0
    this.forget()
    return had
  }

  override removeLast(): boolean {
    if (this.#seeds.length === 0) return false
    this.#seeds = this.#seeds.slice(0, -1)
    if (this.#seeds.some(({ adds }) => adds)) this.#look()
    else this.forget()
    return true
  }

  resize(direction: 1 | -1): void {
    const { wandTolerance: now } = choices.getState()
    const next = direction > 0 ? Math.max(now + 1, now * LARGER) : Math.min(now - 1, now / LARGER)
    choices.setState({ wandTolerance: Math.round(Math.min(MOST, Math.max(LEAST, next))) })
    if (this.#seeds.length > 0) this.#look()
    this.host.changed()
  }

  takesWheel(): boolean {
    return this.#seeds.length > 0
  }

  override preview(): Preview {
    return {
      ...NO_PREVIEW,
      regions: this.shapes,
      vertices: this.#seeds.filter(({ adds }) => adds).map(({ at }) => at),
      crosses: this.#seeds.filter(({ adds }) => !adds).map(({ at }) => at),
      caption:
        this.#seeds.length > 0
          ? t('Tolerance {tolerance}', { tolerance: choices.getState().wandTolerance })
          : null,
    }
  }

  hint(): string {
    const tolerance = choices.getState().wandTolerance
    if (this.#seeds.length === 0)
      return t(
        'Click an area of one color: {className} · tolerance {tolerance} ({smaller} and {larger}) · Esc: select tool',
        {
          className: this.host.className(),
          tolerance,
          smaller: actionKey('freehand-finer'),
          larger: actionKey('freehand-coarser'),
        },
      )
    return t(
      'Enter draws it · tolerance {tolerance} (wheel) · click adds, Shift+click removes · border within {pixels} px · Esc discards',
      { pixels: this.tolerance, tolerance },
    )
  }

  protected clear(): void {
    this.#pressed = null
    this.#seeds = []
    this.host.keepDraft(null)
  }

  #look(): void {
    const seeds = this.#seeds
    const { wandTolerance } = choices.getState()
    this.host.keepDraft({
      seeds: seeds.map(({ at: { x, y }, adds }) => ({ at: { x, y }, adds })),
    })
    this.ask((picture) => picture.wand(seeds, wandTolerance), t('Nothing is left of the selection'))
  }
}
