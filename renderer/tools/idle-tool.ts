import { actionKey } from '#renderer/document/key-label.ts'
import { t } from '#shared/texts/texts.ts'
import type { ActiveTool, Pointer, Preview, ToolHost } from './tool.ts'
import { NO_PREVIEW } from './tool.ts'

/** The defaults of all tools: nothing happens. Tools override what they need. */
export abstract class IdleTool implements ActiveTool {
  protected readonly host: ToolHost

  constructor(host: ToolHost) {
    this.host = host
  }

  pointerDown(_pointer: Pointer): void {}
  pointerMove(_pointer: Pointer, _held: boolean): void {}
  pointerUp(_pointer: Pointer): void {}
  doubleClick(_pointer: Pointer): void {}
  finish(): boolean {
    return false
  }
  cancel(): boolean {
    return false
  }
  release(): boolean {
    return false
  }
  removeLast(): boolean {
    return false
  }
  preview(): Preview {
    return NO_PREVIEW
  }
  cursor(): string {
    return 'crosshair'
  }
  abstract hint(): string
}

export class PanTool extends IdleTool {
  override cursor(): string {
    return 'grab'
  }
  hint(): string {
    return t('Drag to move the image · wheel zooms · {key}: select tool', {
      key: actionKey('tool-select'),
    })
  }
}
