import { expect, test } from 'vitest'
import { toWireAnnotation } from '#core/api/wire-annotation.ts'
import { newAnnotation } from '#shared/model/annotation.ts'
import { cloudCore, edit, onService, seededEmulator } from '#tests/helpers/cloud.ts'

const STREET = 'street scenes'
const box = (x: number) => newAnnotation({ kind: 'bbox', x, y: 5, w: 10, h: 10 }, 'car')
/** The service accepts this long name; the app does not. */
const odd = { ...toWireAnnotation(box(50)), id: 'odd', name: 'x'.repeat(130) }

test('an unreadable annotation does not hide the others, and no save deletes it', async () => {
  await using service = await seededEmulator()
  const { state, faults } = service.emulator
  await using cloud = await cloudCore(service.emulator)
  const [image] = cloud.list()
  const { id: remoteId } = state.imageAt(state.dataset(STREET), image.path)
  const theirs = box(5)
  state.setAnnotations(remoteId, [odd, toWireAnnotation(theirs)] as never)
  await cloud.core.labelSync.read(image.id)
  const shown = () => cloud.core.edits.annotations(image.id).annotations.map(({ id }) => id)
  expect(shown()).toEqual([theirs.id])
  const log = () => JSON.stringify(cloud.core.outbox.logged(20))
  expect(log()).toMatch(/1 annotation of the service cannot be shown here/)

  const mine = box(20)
  edit(cloud.core, image.id, { created: [mine] })
  await cloud.push()
  const there = () => onService(service.emulator, STREET, image.path).map(({ id }) => id)
  expect(new Set(there())).toEqual(new Set([theirs.id, mine.id, 'odd']))
  expect(state.annotations(remoteId).find(({ id }) => id === 'odd')).toMatchObject(odd)
  // Nobody else saved, so there is no notice.
  expect(log()).not.toMatch(/same moment/)

  // A lost answer, and a save that did not arrive.
  for (const kind of ['lose_answer', 'reset'] as const) {
    faults.add({ match: 'POST .*/annotations/bulk', fault: { kind } })
    edit(cloud.core, image.id, { created: [box(30)] })
    await cloud.push().catch(() => {})
    // After a broken connection the account is probed again after a moment.
    const pushed = () =>
      cloud.push().then(
        () => there().length,
        () => 0,
      )
    await expect.poll(pushed, { timeout: 20_000 }).toBe(shown().length + 1)
    expect(there()).toContain('odd')
  }
})
