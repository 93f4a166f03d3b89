import { z } from 'zod'
import { instructionsSchema } from '#shared/model/annotation-class.ts'
import { exportChoiceSchema } from '#shared/model/format.ts'
import { downloadChoiceSchema } from '#shared/model/transfer.ts'

/** No field has a default here: a change names only what it changes. */
export const settingsSchema = z.object({
  theme: z.enum(['system', 'light', 'dark']),
  showLabels: z.boolean(),
  showCrosshair: z.boolean(),
  /** 0..1 of the fill of shapes. */
  fillOpacity: z.number().min(0).max(1),
  /** 0..1 of outlines. */
  strokeOpacity: z.number().min(0.1).max(1),
  /** Of outlines, screen pixels. */
  strokeWidth: z.number().min(1).max(6),
  /** Of the picture, for the eye alone: -1..1, 0 leaves it as it is. */
  brightness: z.number().min(-1).max(1),
  contrast: z.number().min(-1).max(1),
  /** Above 1 lifts the shadows. */
  gamma: z.number().min(0.2).max(5),
  showMinimap: z.boolean(),
  showLoupe: z.boolean(),
  /** Points are taken to vertices and edges of other shapes nearby. */
  snapping: z.boolean(),
  /** How far a freehand line may be from what the hand drew, screen pixels. */
  freehandTolerance: z.number().min(0.5).max(20),
  /** What is drawn ends at the border of the image. */
  keepInside: z.boolean(),
  /** What the wheel does without Ctrl (with it, it zooms); `auto`: a wheel zooms and a touchpad pans. */
  wheel: z.enum(['auto', 'zoom', 'pan']),
  /** Widths and heights of the parts around the image, CSS pixels. */
  panelWidth: z.number().min(200).max(640),
  classesHeight: z.number().min(96).max(900),
  filmstripHeight: z.number().min(72).max(260),
  /** Least width of a tile in the grid of images, CSS pixels. */
  tileWidth: z.number().min(96).max(480),
  /** The order of the grid. */
  gallerySort: z.enum(['name', 'most', 'fewest', 'newest', 'stage']),
  showPanel: z.boolean(),
  showFilmstrip: z.boolean(),
  /** Where the last export went, to begin there again. */
  lastExportFolder: z.string().nullable(),
  /** By dataset, how it was exported last. */
  exportChoices: z.record(z.string(), exportChoiceSchema),
  /** What files of remote images that nobody asked for may take on this disk, bytes. */
  cacheLimitBytes: z.number().min(0),
  /** Connections of a download or upload, at the most. */
  transferConnections: z.number().int().min(1).max(256),
  /** Where the last download went, to begin there again. */
  lastDownloadFolder: z.string().nullable(),
  /** By dataset of the service (`<account>/<id>`), how and where it was downloaded last. */
  downloadChoices: z.record(z.string(), downloadChoiceSchema),
  /** By dataset, the folder that it was exported to last. */
  exportFolders: z.record(z.string(), z.string()),
  /** The machine does not fall asleep while something is transferred. */
  keepAwake: z.boolean(),
  /** Of the interface, as BCP 47 has it. */
  language: z.enum(['en', 'en-XA']),
  /** `system`: as the system, or for the served app the environment, says. */
  networkProxy: z.enum(['system', 'none', 'manual']),
  /** `proxy.example:8080`, or a URL of http, https or socks5; its login is kept with the accounts' keys. */
  networkProxyAddress: z.string().max(2_000),
  /** Addresses that the manual proxy is not for, as in NO_PROXY: names with all below them, addresses, networks. */
  networkProxyExceptions: z.string().max(10_000),
  /** PEM file of certificates that are trusted besides the system's, absolute. */
  networkCaFile: z.string().nullable(),
  /** By dataset, the classes that were given keys, by slot: 0 to 9 the digits 1 to 0, then the same with Shift. */
  classKeys: z.record(z.string(), z.record(z.string(), z.string())),
  /** By dataset, how to label it. */
  datasetInstructions: z.record(z.string(), instructionsSchema),
  /** Datasets that were removed from the list of recent ones; their labels are kept. */
  hiddenDatasets: z.array(z.string()),
  /** Whose shortcuts the person is used to. */
  shortcutPreset: z.enum(['pictograph', 'labelme', 'x-anylabeling', 'cvat']),
  /** Keys by action where the person chose their own; an empty list: none. */
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
  freehandTolerance: 2,
  keepInside: true,
  wheel: 'auto',
  panelWidth: 288,
  classesHeight: 280,
  filmstripHeight: 104,
  tileWidth: 168,
  gallerySort: 'name',
  showPanel: true,
  showFilmstrip: true,
  lastExportFolder: null,
  exportChoices: {},
  cacheLimitBytes: 10_000_000_000,
  transferConnections: 256,
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
