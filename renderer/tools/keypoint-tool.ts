import { IdleTool } from './idle-tool.ts'
import type { Pointer } from './tool.ts'

export class KeypointTool extends IdleTool {
  override pointerUp({ at }: Pointer): void {
    this.host.create({ kind: 'keypoint', x: at.x, y: at.y })
  }

  hint(): string {
    return `Click to place a keypoint: ${this.host.className()} · Esc to select`
  }
}
