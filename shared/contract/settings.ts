import { z } from 'zod'
import { instructionsSchema } from '#shared/model/annotation-class.ts'
import { segmentOutputSchema } from '#shared/model/assist-model.ts'
import { exportChoiceSchema, formatIdSchema, importChoiceSchema } from '#shared/model/format.ts'
import { downloadChoiceSchema } from '#shared/model/transfer.ts'

/** No field has a default here, because a change names only what it changes. */
export const settingsSchema = z.object({
  theme: z.enum(['system', 'light', 'dark']),
  showLabels: z.boolean(),
  showCrosshair: z.boolean(),
  /** Opacity of fills, 0..1. */
  fillOpacity: z.number().min(0).max(1),
  /** Opacity of outlines, 0..1. */
  strokeOpacity: z.number().min(0.1).max(1),
  /** Width of outlines, in screen pixels. */
  strokeWidth: z.number().min(1).max(6),
  /** Of the displayed picture only: -1..1, 0 is unchanged. */
  brightness: z.number().min(-1).max(1),
  contrast: z.number().min(-1).max(1),
  /** Above 1 brightens the shadows. */
  gamma: z.number().min(0.2).max(5),
  showMinimap: z.boolean(),
  showLoupe: z.boolean(),
  /** Points snap to vertices and edges of other shapes nearby. */
  snapping: z.boolean(),
  /** Polygons and polylines follow the picture's edges between clicks. */
  liveWire: z.boolean(),
  /** How far a freehand line may be from what the hand drew, screen pixels. */
  freehandTolerance: z.number().min(0.5).max(20),
  /** How far a color may differ from the one clicked with the magic wand, 0..255 a channel. */
  wandTolerance: z.number().int().min(1).max(255),
  /** Of brush and eraser, screen pixels. */
  brushRadius: z.number().int().min(1).max(500),
  /** Drawn shapes end at the border of the image. */
  keepInside: z.boolean(),
  /** What the wheel does without Ctrl (with Ctrl it zooms); `auto`: a wheel zooms and a touchpad pans. */
  wheel: z.enum(['auto', 'zoom', 'pan']),
  /** Widths and heights of the parts around the image, CSS pixels. */
  panelWidth: z.number().min(200).max(640),
  /** null: it follows the window. */
  classesHeight: z.number().min(96).max(900).nullable(),
  filmstripHeight: z.number().min(72).max(260),
  /** Least width of a tile in the grid of images, CSS pixels. */
  tileWidth: z.number().min(96).max(480),
  /** The order of the grid. */
  gallerySort: z.enum(['name', 'most', 'fewest', 'newest', 'stage']),
  showPanel: z.boolean(),
  showFilmstrip: z.boolean(),
  /** The folder of the last export, the default for the next one. */
  lastExportFolder: z.string().nullable(),
  /** The last export options, by dataset. */
  exportChoices: z.record(z.string(), exportChoiceSchema),
  /** The last import options, by dataset. */
  importChoices: z.record(z.string(), importChoiceSchema),
  /** By dataset, formats of label files in its folder that are not offered for import any more. */
  seenLabels: z.record(z.string(), z.array(formatIdSchema)),
  /** Maximum bytes of cached remote images that are not kept offline. */
  cacheLimitBytes: z.number().min(0),
  /** Maximum number of connections of a download or upload. */
  transferConnections: z.number().int().min(1).max(256),
  /** What models have made of images may take on this disk, bytes. */
  embeddingLimitBytes: z.number().min(0),
  /** What thumbnails and pictures made for the screen may take on this disk, bytes. */
  thumbnailLimitBytes: z.number().min(0),
  /** What the edit log may take in the library, bytes. */
  editLogLimitBytes: z.number().min(0),
  /** Number of finished transfers that stay in the list. */
  finishedTransfers: z.number().int().min(0),
  /** Which models the Segment tool asks (`SegmentEngine.id`); `service`: the service; null: whatever there is. */
  segmentEngine: z.string().nullable(),
  /** What the Segment tool draws. */
  segmentOutput: segmentOutputSchema,
  /** Where the last download went, to begin there again. */
  lastDownloadFolder: z.string().nullable(),
  /** By dataset of the service (`<account>/<id>`), how and where it was downloaded last. */
  downloadChoices: z.record(z.string(), downloadChoiceSchema),
  /** By dataset, the folder that it was exported to last. */
  exportFolders: z.record(z.string(), z.string()),
  /** The machine does not fall asleep while something is transferred. */
  keepAwake: z.boolean(),
  /** Language of the interface, in BCP 47 form. */
  language: z.enum(['en', 'en-XA']),
  /** `system`: the proxy of the system or, for the served app, of the environment. */
  networkProxy: z.enum(['system', 'none', 'manual']),
  /** `proxy.example:8080`, or a URL with http, https or socks5; its login is stored with the accounts' keys. */
  networkProxyAddress: z.string().max(2_000),
  /** Addresses that bypass the manual proxy, as in NO_PROXY: names with their subdomains, addresses, networks. */
  networkProxyExceptions: z.string().max(10_000),
  /** Absolute path of a PEM file with certificates to trust besides the system's. */
  networkCaFile: z.string().nullable(),
  /** By dataset, the classes with assigned keys, by slot: 0 to 9 for the digits 1 to 0, then the same with Shift. */
  classKeys: z.record(z.string(), z.record(z.string(), z.string())),
  /** By dataset, how to label it. */
  datasetInstructions: z.record(z.string(), instructionsSchema),
  /** Datasets that were removed from the list of recent ones; their labels are kept. */
  hiddenDatasets: z.array(z.string()),
  /** Whose shortcuts the person is used to. */
  shortcutPreset: z.enum(['pictograph', 'labelme', 'x-anylabeling', 'cvat']),
  /** Custom keys by action; an empty list: none. */
  shortcuts: z.record(z.string(), z.array(z.string())),
})
export type Settings = z.infer<typeof settingsSchema>

export const DEFAULT_SETTINGS: Settings = {
  theme: 'system',
  showLabels: true,
  showCrosshair: false,
  fillOpacity: 0.2,
  strokeOpacity: 1,
  strokeWidth: 2,
  brightness: 0,
  contrast: 0,
  gamma: 1,
  showMinimap: false,
  showLoupe: false,
  snapping: true,
  liveWire: false,
  freehandTolerance: 2,
  wandTolerance: 24,
  brushRadius: 16,
  keepInside: true,
  wheel: 'auto',
  panelWidth: 288,
  classesHeight: null,
  filmstripHeight: 104,
  tileWidth: 168,
  gallerySort: 'name',
  showPanel: true,
  showFilmstrip: true,
  lastExportFolder: null,
  exportChoices: {},
  importChoices: {},
  seenLabels: {},
  cacheLimitBytes: 10_000_000_000,
  transferConnections: 256,
  embeddingLimitBytes: 2_000_000_000,
  thumbnailLimitBytes: 2_000_000_000,
  editLogLimitBytes: 1_000_000_000,
  finishedTransfers: 50,
  segmentEngine: null,
  segmentOutput: 'polygon',
  lastDownloadFolder: null,
  downloadChoices: {},
  exportFolders: {},
  keepAwake: true,
  language: 'en',
  networkProxy: 'system',
  networkProxyAddress: '',
  networkProxyExceptions: '',
  networkCaFile: null,
  classKeys: {},
  datasetInstructions: {},
  hiddenDatasets: [],
  shortcutPreset: 'pictograph',
  shortcuts: {},
}
