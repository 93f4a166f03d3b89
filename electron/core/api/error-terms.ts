import { z } from 'zod'
import type { PaymentTerms } from './errors.ts'

/** Some answers write amounts as texts. */
const amount = z.union([
  z.number(),
  z
    .string()
    .regex(/^\d+(\.\d+)?$/)
    .transform(Number),
])
const recordSchema = z.record(z.string(), z.unknown())
const recordOf = (value: unknown) => recordSchema.safeParse(value).data ?? {}

/** The first of these fields that is present, by name, then by place; 0 is a real value. */
function firstOf<T extends z.ZodType>(
  type: T,
  places: readonly Record<string, unknown>[],
  names: readonly string[],
): z.infer<T> | null {
  for (const name of names)
    for (const place of places) {
      const { data, success } = type.safeParse(place[name])
      if (success) return data
    }
  return null
}

/**
 * The price or plan limit that a 402 reports. The service has put it in `error.details`, at the top level and in
 * `detail`, under several names.
 */
export function paymentTerms(body: unknown): PaymentTerms {
  const top = recordOf(body)
  const [error, detail] = [recordOf(top.error), recordOf(top.detail)]
  const places = [recordOf(error.details), error, recordOf(top.details), top, detail].concat(
    recordOf(detail.details),
  )
  const number = (...names: string[]) => firstOf(amount, places, names)
  const words = (...names: string[]) => firstOf(z.string(), places, names)
  return {
    requiredMicroUsd: number('required_micro_usd', 'required', 'credit_cost'),
    remainingMicroUsd: number('remaining_micro_usd', 'remaining', 'credits_remaining'),
    unit: words('unit'),
    upgradeUrl: words('upgrade_url'),
    limitType: words('limit_type'),
    current: number('current'),
    limit: number('limit'),
  }
}
