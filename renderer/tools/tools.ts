import type { ToolId } from '#renderer/document/choices.ts'
import { SERVICE } from '#renderer/document/segment-state.ts'
import { t } from '#shared/texts/texts.ts'
import { AssistTool } from './assist-tool.ts'
import { BoxTool, ExtremeBoxTool } from './box-tool.ts'
import { BrushTool } from './brush-tool.ts'
import { CorrectingTool } from './correcting-tool.ts'
import { PanTool } from './idle-tool.ts'
import { KeypointTool } from './keypoint-tool.ts'
import { OrientedBoxTool } from './oriented-box-tool.ts'
import { OutlineTool } from './outline-tool.ts'
import { HoleTool, PolygonTool, PolylineTool } from './path-tool.ts'
import { PoseTool } from './pose-tool.ts'
import { SegmentTool } from './segment-tool.ts'
import { SelectTool } from './select/select-tool.ts'
import { SliceTool } from './slice-tool.ts'
import type { ToolDefinition } from './tool.ts'
import { WandTool } from './wand-tool.ts'

/** In the order of the toolbar. Ctrl+R, Ctrl+N and Ctrl+J are the shortcuts of labelme. */
export const TOOLS: readonly ToolDefinition[] = [
  {
    id: 'select',
    label: t('Select'),
    keys: ['V', 'Mod+J'],
    draws: false,
    create: (host) => new SelectTool(host),
  },
  { id: 'pan', label: t('Pan'), keys: [], draws: false, create: (host) => new PanTool(host) },
  {
    id: 'bbox',
    label: t('Box'),
    keys: ['R', 'Mod+R'],
    draws: true,
    create: (host, draft) => new CorrectingTool(host, (own) => new BoxTool(own, draft)),
  },
  {
    id: 'extreme_box',
    label: t('Box by extreme points'),
    keys: ['Shift+R'],
    draws: true,
    create: (host, draft) => new CorrectingTool(host, (own) => new ExtremeBoxTool(own, draft)),
  },
  {
    id: 'oriented_box',
    label: t('Oriented box'),
    keys: ['O'],
    draws: true,
    create: (host, draft) => new CorrectingTool(host, (own) => new OrientedBoxTool(own, draft)),
  },
  {
    id: 'polygon',
    label: t('Polygon'),
    keys: ['P', 'Mod+N'],
    draws: true,
    create: (host, draft) => new CorrectingTool(host, (own) => new PolygonTool(own, draft)),
  },
  {
    id: 'hole',
    label: t('Hole'),
    keys: ['Shift+P'],
    draws: true,
    create: (host, draft) => new HoleTool(host, draft),
  },
  {
    id: 'slice',
    label: t('Slice'),
    keys: ['X'],
    draws: false,
    create: (host, draft) => new SliceTool(host, draft),
  },
  {
    id: 'polyline',
    label: t('Polyline'),
    keys: ['L'],
    draws: true,
    create: (host, draft) => new CorrectingTool(host, (own) => new PolylineTool(own, draft)),
  },
  {
    id: 'keypoint',
    label: t('Keypoint'),
    keys: ['K'],
    draws: true,
    create: (host) => new KeypointTool(host),
  },
  {
    id: 'pose',
    label: t('Pose'),
    keys: ['Shift+K'],
    draws: true,
    create: (host, draft) => new PoseTool(host, draft),
  },
  {
    id: 'outline',
    label: t('Box to polygon'),
    keys: ['Shift+W'],
    draws: true,
    create: (host, draft) => new OutlineTool(host, draft),
  },
  {
    id: 'wand',
    label: t('Magic wand'),
    keys: ['Alt+W'],
    draws: true,
    create: (host, draft) => new WandTool(host, draft),
  },
  {
    id: 'brush',
    label: t('Brush'),
    keys: ['Shift+B'],
    draws: false,
    create: (host) => new BrushTool(host, false),
  },
  {
    id: 'eraser',
    label: t('Eraser'),
    keys: ['Alt+E'],
    draws: false,
    create: (host) => new BrushTool(host, true),
  },
  {
    id: 'assist',
    label: t('Segment'),
    keys: ['Q'],
    draws: true,
    create: (host, draft) =>
      host.assistEngine() === SERVICE ? new AssistTool(host, draft) : new SegmentTool(host, draft),
  },
]

export function toolById(id: ToolId): ToolDefinition {
  const tool = TOOLS.find((candidate) => candidate.id === id)
  if (!tool) throw new Error(`No tool ${id}`)
  return tool
}
