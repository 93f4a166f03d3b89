import sharp from 'sharp'
import { expect, test } from 'vitest'
import { emulated } from '#tests/helpers/emulated.ts'

/** A picture stored rotated: 20 × 30 when displayed. */
const picture = (background: string) =>
  sharp({ create: { width: 30, height: 20, channels: 3, background } })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer()

async function formOf(fields: Record<string, string | string[]>, background = 'red') {
  const form = new FormData()
  form.set('file', new Blob([new Uint8Array(await picture(background))]), 'a.jpg')
  for (const [name, values] of Object.entries(fields))
    for (const value of [values].flat()) form.append(name, value)
  return form
}

test('prompts on any picture use its displayed orientation, for one fee', async () => {
  await using service = await emulated()
  const ask = async (fields: Record<string, string | string[]>, background?: string) =>
    service.call('POST /sam3/predict', { form: await formOf(fields, background) })
  const paid = async () => (await service.call('GET /credits/balance')).body.period_spend_micro_usd
  const points = await ask({ point: ['5,6', '7,8,neg'], output: 'bbox', name: 'car' })
  expect(points.body.data).toMatchObject({
    status: 'success',
    prompt: 'point',
    width: 20,
    height: 30,
    annotations: [{ type: 'bbox', name: 'car' }],
  })
  expect((await ask({ box: '1,2,3,4' })).body.data.annotations).toHaveLength(1)
  expect((await ask({ text: 'car', max_detections: '2' })).body.data.annotations).toHaveLength(2)
  expect(await paid()).toBe(2_500)
  await ask({ text: 'car' }, 'blue')
  expect(await paid()).toBe(5_000)
})

test('exactly one prompt, and no unknown field', async () => {
  await using service = await emulated()
  const wrong: Record<string, string>[] = [
    {},
    { text: 'car', box: '1,2,3,4' },
    { box: '1,2,3' },
    { point: '5,6,neg' },
    { text: 'car', colour: 'red' },
    { text: 'car', confidence_threshold: '2' },
  ]
  for (const fields of wrong)
    expect((await service.call('POST /sam3/predict', { form: await formOf(fields) })).status).toBe(
      422,
    )
  expect((await service.call('POST /sam3/predict', { body: { text: 'car' } })).status).toBe(422)
  expect((await service.call('GET /credits/balance')).body.period_spend_micro_usd).toBe(0)
})
