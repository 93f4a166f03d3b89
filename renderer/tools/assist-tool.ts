import { t } from '#shared/texts/texts.ts'
import { type Found, PromptTool } from './prompt-tool.ts'
import type { ToolHost } from './tool.ts'

/** Asks the service for the object at the pointer. */
export class AssistTool extends PromptTool {
  // The service accepts points or a box, not both.
  protected readonly keepsBox = false

  /** Shows what the service finds on the whole image for a text prompt. */
  askByText(prompt: string, output: 'polygon' | 'bbox'): Promise<void> {
    this.clear()
    return this.ask(() => this.#answer({ kind: 'text', prompt, output }))
  }

  protected find(): Promise<Found | null> {
    const { box, positive, negative } = this
    return this.#answer(box ? { kind: 'box', box } : { kind: 'point', positive, negative })
  }

  async #answer(ask: Parameters<ToolHost['assist']>[0]): Promise<Found | null> {
    const answer = await this.host.assist(ask)
    return (
      answer && {
        annotations: answer.annotations,
        nothing:
          answer.status === 'below_threshold'
            ? t('The service found nothing with enough confidence here')
            : t('The service found nothing here'),
      }
    )
  }

  hint(): string {
    if (this.isWaiting) return t('The service is looking… · Esc to stop waiting')
    if (this.proposal.length > 0)
      return t('Enter draws the proposal · click adds, Shift+click removes · Esc discards')
    const className = this.host.className()
    const price = this.host.assistPrice()
    return price === null
      ? t(
          'Click the object, or drag a box around it: {className} · each answer is charged to your plan · Esc: select tool',
          { className },
        )
      : t(
          'Click the object, or drag a box around it: {className} · {price}, charged to your plan · Esc: select tool',
          { className, price },
        )
  }
}
