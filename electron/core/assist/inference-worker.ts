/** Runs in a process of its own: loads models and runs them, one order after the other. */
import { readFileSync } from 'node:fs'
import { setPriority } from 'node:os'
import { guardMemory } from '#core/threads/memory-guard.ts'
import { parentChannel } from '#core/threads/parent-channel.ts'
import { UserError } from '#core/user-error.ts'
import { answerNames, candidatesOf } from '#shared/assist/segment-prompt.ts'
import { segmentShapes } from '#shared/assist/segment-result.ts'
import { messageOf } from '#shared/model/message-of.ts'
import { readOnnx } from './onnx-file.ts'
import type { ChildSetup, FromChild, Order, Result, ToChild } from './orders.ts'
import { loadRuntime, Sessions } from './sessions.ts'

/** Nice value of a process whose work can wait. */
const BACKGROUND_PRIORITY = 10

const setup = JSON.parse(process.argv[2] ?? '') as ChildSetup
// Without the guard a model could take the machine's memory: then nothing runs.
guardMemory(setup.memoryBytes)
if (setup.isBackground)
  try {
    setPriority(BACKGROUND_PRIORITY)
  } catch {
    // It then runs like any other.
  }

const sessions = loadRuntime(setup).then((runtime) => new Sessions(runtime))
// Told with the order that needs it.
sessions.catch(() => {})

async function work(order: Order): Promise<Result> {
  if (order.do === 'facts') return readOnnx(readFileSync(order.file), order.file)
  const there = await sessions
  if (order.do === 'load') return (await there.load(order.file)).facts
  if (order.do === 'run') return there.run(order.file, order.feeds, order.wanted)
  if (order.do === 'segment') return segment(there, order)
  await there.release(order.file)
  return null
}

async function segment(
  there: Sessions,
  { file, feeds, ask }: Extract<Order, { do: 'segment' }>,
): Promise<Result> {
  const { facts } = await there.load(file)
  const names = answerNames(facts)
  const answer = await there.run(file, feeds, { outputs: [names.masks, names.scores], save: null })
  const [masks, scores] = [answer[names.masks], answer[names.scores]]
  if (!masks || !scores) throw new Error('it gave no masks')
  const isLowRes = names.masks === 'low_res_masks'
  const candidates = candidatesOf(ask.form, { masks, scores, isLowRes }, ask.view)
  return segmentShapes(candidates, ask.size, ask.output, ask.detail)
}

async function answer({ id, order }: ToChild): Promise<void> {
  try {
    send({ id, result: await work(order) })
  } catch (error) {
    const reason = error instanceof UserError ? error.reason : 'model_failed'
    const message =
      error instanceof UserError ? error.message : `${order.file}: ${messageOf(error)}`
    send({ id, error: { reason, message } })
  }
}

/** Orders come one at a time from ours, but nothing breaks if they do not. */
let last: Promise<void> = Promise.resolve()
const hear = (message: unknown): void => {
  last = last.then(() => answer(message as ToChild))
}

const channel = parentChannel()
const send = (message: FromChild): void => channel.send(message)
channel.onMessage(hear)
