import { t } from '#shared/texts/texts.ts'
import { IdleTool } from './idle-tool.ts'
import type { Pointer } from './tool.ts'

export class KeypointTool extends IdleTool {
  override pointerUp({ at }: Pointer): void {
    this.host.create({ kind: 'keypoint', x: at.x, y: at.y })
  }

  hint(): string {
    return t('Click to place a keypoint: {className} · Esc: select tool', {
      className: this.host.className(),
    })
  }
}
