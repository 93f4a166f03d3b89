import { GROUP_LABEL } from '#renderer/actions/action.ts'
import { ACTIONS, chooseClass, isClassSlot } from '#renderer/actions/actions.ts'
import { appState, type SettingsSection, showDialog } from '#renderer/actions/app-state.ts'
import { CLASS_SLOTS, classOfSlot, shownSlotKey } from '#renderer/actions/class-keys.ts'
import { goToImage } from '#renderer/actions/datasets.ts'
import { isAvailable, perform } from '#renderer/actions/dispatch.ts'
import { keysOf } from '#renderer/actions/shortcuts.ts'
import { datasetState } from '#renderer/document/dataset-state.ts'
import { keyLabel } from '#renderer/document/key-label.ts'
import type { Dataset, DatasetImage } from '#shared/model/dataset.ts'
import { t } from '#shared/texts/texts.ts'
import { found, imagesNamed, wordsOf } from './palette-search.ts'

export interface Entry {
  id: string
  /** The kind of entry, shown before its label. */
  kind: string
  label: string
  key: string | null
  isEnabled: boolean
  run: () => void
}

/** Maximum number of images offered at once. */
const MOST_IMAGES = 30

/** The settings pages, with words that users may search for. */
const SETTINGS: readonly { section: SettingsSection; label: string }[] = [
  { section: 'general', label: t('General: theme, language') },
  {
    section: 'canvas',
    label: t('Canvas: line width, fill, class names, crosshair, loupe, snapping, wheel'),
  },
  { section: 'shortcuts', label: t('Shortcuts: labelme, CVAT and X-AnyLabeling presets') },
  { section: 'accounts', label: t('Accounts: API keys, assisted labeling') },
  { section: 'storage', label: t('Storage: cache, thumbnails, edit log, logs') },
  { section: 'transfers', label: t('Transfers: connections, sleep') },
  { section: 'network', label: t('Network: proxy, certificates') },
  { section: 'labels', label: t('Label files: keep labels in sync with files') },
  { section: 'about', label: t('About and privacy: version, licenses, diagnostics') },
]

function commands(): Entry[] {
  return ACTIONS.filter(({ id }) => id !== 'palette' && !isClassSlot(id))
    .map((action): Entry => {
      const [key] = keysOf(action)
      return {
        id: action.id,
        kind: GROUP_LABEL[action.group],
        label: action.label,
        key: key ? keyLabel(key) : null,
        isEnabled: isAvailable(action),
        run: () => void perform(action),
      }
    })
    .sort((a, b) => Number(b.isEnabled) - Number(a.isEnabled))
}

function settings(): Entry[] {
  return SETTINGS.map(({ section, label }) => ({
    id: `settings ${section}`,
    kind: t('Settings'),
    label,
    key: null,
    isEnabled: true,
    run: () => showDialog({ kind: 'settings', section }),
  }))
}

function classes(dataset: Dataset | null): Entry[] {
  const slots = Array.from({ length: CLASS_SLOTS }, (_, slot) => classOfSlot(slot))
  return (dataset?.classes ?? []).map(({ name }) => {
    const slot = slots.indexOf(name)
    return {
      id: `class ${name}`,
      kind: t('Class'),
      label: name,
      key: slot < 0 ? null : shownSlotKey(slot),
      isEnabled: !appState.getState().isGallery,
      run: () => chooseClass(name),
    }
  })
}

function imageEntry(image: DatasetImage, kind: string): Entry {
  return {
    id: `image ${image.id}`,
    kind,
    label: image.path,
    key: null,
    isEnabled: true,
    run: () => {
      appState.setState({ isGallery: false })
      goToImage(image.id)
    },
  }
}

/** Images by number, counted from 1, then by name. */
function images(text: string): Entry[] {
  const { images: list } = datasetState.getState()
  const number = /^\s*#?(\d+)\s*$/.exec(text)?.[1]
  const byNumber = number === undefined ? undefined : list.at(Number(number) - 1)
  const named = imagesNamed(list, wordsOf(text), MOST_IMAGES)
  return [
    ...(byNumber && number ? [imageEntry(byNumber, t('Image {number}', { number }))] : []),
    ...named.filter((image) => image !== byNumber).map((image) => imageEntry(image, t('Image'))),
  ]
}

/** All entries that match the text. For a number images come first, otherwise commands. */
export function paletteEntries(text: string, dataset: Dataset | null): Entry[] {
  const words = wordsOf(text)
  const label = ({ kind, label: name }: Entry) => `${kind} ${name}`
  const own = found([...commands(), ...settings()], label, words)
  if (words.length === 0) return own
  const named = found(classes(dataset), (entry) => entry.label, words)
  const isNumber = /^\s*#?\d+\s*$/.test(text)
  const pictures = images(text)
  return isNumber ? [...pictures, ...named, ...own] : [...own, ...named, ...pictures]
}
