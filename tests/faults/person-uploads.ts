import { join } from 'node:path'
import { makeDrop } from './drops.ts'
import type { Person } from './person.ts'
import { DATASET, type Scene } from './scene.ts'

/** Number of checks that somebody waits for an upload before doing something else. */
const LOOKS = 60

/** Somebody drops a folder with labels, waits for a while, and may stop the upload. */
export async function drop(person: Person, scene: Scene): Promise<void> {
  const { core, accountId, number, folder } = person
  const { state } = scene.emulator
  const taken = state
    .images(state.dataset(DATASET).id)
    .filter((image) => image.directory_path === '/' && !image.is_archived)
    .map(({ filename }) => filename)
  const count = scene.next()
  const made = await makeDrop(
    join(folder.path, `drop${count}`),
    { number: count, by: number, taken },
    {
      stories: scene.stories,
      pick: (items) => scene.pick(items),
      below: (limit) => scene.below(limit),
    },
  )
  scene.drops.push(made)
  const { id: remoteId } = state.dataset(DATASET)
  const { onExisting } = made
  const options = { directory: '/', tree: 'flat' as const, onExisting, withLabels: true }
  const target = { accountId, remoteId, name: DATASET }
  const { id } = core.transfers.upload(target, [made.folder], options)
  scene.tally.uploads++
  person.say(`drops ${count}, ${onExisting}`)
  if (scene.below(4) === 0) await person.crash()
  else await watch(person, scene, id)
}

/** Retries a stopped or failed upload. */
export async function goOn(person: Person, scene: Scene): Promise<void> {
  const { transfers } = person.core
  const open = scene.pick(transfers.list().filter(({ state }) => state !== 'done'))
  if (!open) return
  await transfers.retry(open.id)
  person.say('goes on with an upload')
  await watch(person, scene, open.id)
}

async function watch(person: Person, scene: Scene, transferId: string): Promise<void> {
  const { transfers } = person.core
  const isUnderWay = () => !['done', 'failed'].includes(transfers.get(transferId).state)
  const looks = scene.below(2) === 0 ? scene.below(LOOKS) : LOOKS
  for (let look = 0; look < looks && isUnderWay(); look++)
    await new Promise((next) => setTimeout(next, 5))
  if (isUnderWay()) {
    await transfers.pause(transferId)
    await scene.landed()
  } else await transfers.settled(transferId)
  person.say(`has an upload ${transfers.get(transferId).state}`)
}
