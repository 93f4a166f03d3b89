import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { cloudCore, edit, onService, seededEmulator } from '#tests/helpers/cloud.ts'
import { aBox } from '#tests/helpers/core.ts'
import { canary, liar } from '#tests/helpers/liar.ts'
import { STREET } from '#tests/helpers/transfers.ts'
import { distort } from './answers.ts'
import { type AttackKind, requireTold } from './kind.ts'

const DAY_MS = 86_400_000
/** Requests of which only some are answered with a lie, so that what follows is reached, too. */
const ABOUT = [
  /./,
  /GET .*\/annotations\//,
  /POST .*\/annotations\/bulk/,
  /(PATCH|POST) .*\/images\//,
  /\/annotation-comments/,
  /GET .*\/(datasets|images)\//,
]

/** Time passes as soon as somebody waits. */
function quickClock() {
  let aheadMs = 0
  return {
    clock: {
      now: () => Date.now() + aheadMs,
      random: () => 0.5,
      sleep: async (ms: number, signal?: AbortSignal) => {
        signal?.throwIfAborted()
        aheadMs += ms
        // An account that is offline asks again and again.
        await setTimeout(ms >= 1_000 ? 5 : 0, undefined, { signal })
      },
    },
    skip: (ms: number) => {
      aheadMs += ms
    },
  }
}

/**
 * The app works on a dataset while the service's answers are distorted. Whatever comes, what was drawn, chosen and
 * written meanwhile is kept, and arrives once when the answers are honest again.
 */
export const sync: AttackKind = {
  limits: { silentMs: 1_000, timeMs: 30_000, growthBytes: 500_000_000 },
  share: 1,
  async prepare() {
    const service = await seededEmulator({ seeded: 1 })
    const { emulator } = service
    const other = await canary()
    const between = await liar(emulator.url)
    const { clock, skip } = quickClock()
    const cloud = await cloudCore(emulator, { baseUrl: between.url, clock })
    const { core, account, datasetId } = cloud
    const notices: string[] = []
    core.events.on((event) => {
      if (event.type === 'notice') notices.push(event.message)
    })
    const images = cloud.list()
    const remoteId = (path: string) =>
      emulator.state.imageAt(emulator.state.dataset(STREET), path).id

    /** The answers are honest again, and the user decides for their own work. */
    const settle = async (imageId: string) => {
      between.beHonest()
      skip(DAY_MS)
      await core.accounts.probe(account.id)
      for (let round = 0; round < 3; round++) {
        await core.labelSync.read(imageId)
        if (core.labelSync.conflicts(imageId).length > 0)
          core.resolve(imageId, null, 'mine', `attack-${clock.now()}`)
        core.outbox.retry(null)
        await cloud.push()
      }
      core.remoteDatasets.refreshImages(datasetId)
      await core.remoteDatasets.settled(datasetId)
      await core.labelSync.read(imageId)
    }

    return {
      async run(dice, { input }) {
        const image = dice.one(images)
        const box = aBox(dice.one(['car', 'person']), dice.below(100))
        const words = `remark ${box.id}`
        const stage = dice.one(['new', 'annotate', 'review', 'complete'] as const)
        edit(core, image.id, { created: [box] })
        core.comments.add(image.id, box.id, words)
        core.images.patch([image.id], { stage })
        notices.length = 0
        between.told.length = 0
        const about = dice.one(ABOUT)
        between.lie(
          about,
          (body, response) => distort(dice, body, response, other.url, { endless: false }),
          { isKept: dice.chance(0.2) },
        )
        for (let step = dice.below(3); step >= 0; step--) {
          await cloud.push()
          if (dice.chance(0.5)) await core.labelSync.read(image.id).catch(requireTold)
          if (dice.chance(0.5)) core.remoteDatasets.refreshImages(datasetId)
          await core.remoteDatasets.settled(datasetId)
          if (!core.accounts.isOnline(account.id)) await core.accounts.probe(account.id)
        }
        await settle(image.id)
        const said = `${about} (${between.told.slice(0, 10).join(', ')})`
        await writeFile(join(input, 'lies'), said)
        const fail = (what: string) => {
          throw new Error(`${what}: ${said}`)
        }
        const isOnce = (labels: readonly { id: string }[]) =>
          labels.filter(({ id }) => id === box.id).length === 1
        if (!isOnce(core.edits.annotations(image.id).annotations)) fail('a box is lost here')
        if (!isOnce(onService(emulator, STREET, image.path))) fail('a box is not on the service')
        const waiting = core.outbox.list(datasetId)
        if (waiting.length > 0) fail(`still waiting: ${JSON.stringify(waiting)}`)
        const comments = await core.accounts.run(account.id, (client) =>
          client.comments.list(remoteId(image.path)),
        )
        const count = comments.filter(({ body }) => body === words).length
        if (count !== 1) fail(`a comment is ${count} times on the service`)
        const { status } = emulator.state.imageAt(emulator.state.dataset(STREET), image.path)
        if (status !== stage) fail(`the stage is ${status} and not ${stage}`)
        for (const notice of notices) requireTold(notice)
        if (other.asked > 0) fail('a redirect to another program of this machine was followed')
      },
      async [Symbol.asyncDispose]() {
        await cloud[Symbol.asyncDispose]()
        await between[Symbol.asyncDispose]()
        await other[Symbol.asyncDispose]()
        await service[Symbol.asyncDispose]()
      },
    }
  },
}
