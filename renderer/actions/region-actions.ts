import { t } from '#shared/texts/texts.ts'
import type { Action } from './action.ts'

/** What takes the focus: elements that can be reached with Tab. */
const FOCUSABLE =
  ':is(button, input, select, textarea, a[href], [tabindex]):not(:disabled, [tabindex="-1"])'

/** The parts of the window, as elements marked `data-region`, in their order on screen. */
function regions(): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>('[data-region]')].filter(
    (region) => region.matches(FOCUSABLE) || region.querySelector(FOCUSABLE) !== null,
  )
}

/** Moves the focus between parts of the window, without tabbing through all shapes. */
function goToRegion(step: 1 | -1): void {
  const all = regions()
  const current = all.findIndex((region) => region.contains(document.activeElement))
  const start = current < 0 && step < 0 ? 0 : current
  const next = all[(start + step + all.length) % all.length]
  const target = next?.matches(FOCUSABLE) ? next : next?.querySelector<HTMLElement>(FOCUSABLE)
  target?.focus()
}

export const REGION_ACTIONS: readonly Action[] = [
  {
    id: 'next-region',
    label: t('Next part of the window'),
    group: 'Navigate',
    context: 'dataset',
    keys: ['F6'],
    run: () => goToRegion(1),
  },
  {
    id: 'previous-region',
    label: t('Previous part of the window'),
    group: 'Navigate',
    context: 'dataset',
    keys: ['Shift+F6'],
    run: () => goToRegion(-1),
  },
]
