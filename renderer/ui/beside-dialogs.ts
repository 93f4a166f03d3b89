/** What was pressed in something that lies over every dialog: by the time a dialog hears of it, it may be gone. */
const pressed = new WeakSet<EventTarget>()

export function markBesideDialogs({ target }: { target: EventTarget }): void {
  pressed.add(target)
}

export function isBesideDialogs({ target }: Event): boolean {
  return (
    target !== null &&
    (pressed.has(target) ||
      (target instanceof Element && target.closest('[data-beside-dialogs]') !== null))
  )
}
