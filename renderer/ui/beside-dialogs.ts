/** Whether an event came from an element above all dialogs; the element may already be removed. */
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
