import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { InvalidRequest } from '#emulator/problems.ts'
import { PROMPT_PRICE } from '#emulator/sam3.ts'
import {
  API,
  NO_QUERY,
  page,
  paging,
  queryOf,
  type Service,
  SHORT_PAGE_CAP,
} from '#emulator/service.ts'

const BASE = `${API}/credits`
const RECENT = 20
const DAYS = { day: 1, week: 7, month: 30, all: Number.POSITIVE_INFINITY } as const

/** Micro-USD per unit of each operation; the figures are invented, their proportions are not. */
const PRICES: Readonly<Record<string, readonly [unit: 'minute' | 'call', price: number]>> = {
  training_a10g: ['minute', 36_667],
  training_a100: ['minute', 83_333],
  training_h100: ['minute', 131_667],
  sam3_auto_annotation: ['minute', 19_667],
  inference_t4: ['minute', 19_667],
  image_edit_gemini_flash: ['call', 39_000],
  image_edit_gemini_3_1_flash: ['call', 67_000],
  image_generate_gemini_3_1_flash: ['call', 67_000],
  sam3_prompt: ['call', PROMPT_PRICE],
}

export function creditRoutes(app: FastifyInstance, service: Service): void {
  const { credits } = service

  app.get(`${BASE}/balance`, (request) => {
    queryOf(request, NO_QUERY)
    return { ...credits.balance, recent_history: credits.history().slice(0, RECENT) }
  })

  app.get(`${BASE}/history`, (request) => {
    const query = queryOf(request, z.strictObject(paging()))
    const { data, pagination } = page(credits.history(), query, SHORT_PAGE_CAP)
    return { entries: data, pagination }
  })

  app.get(`${BASE}/usage-by-operation`, (request) => {
    const { range } = queryOf(
      request,
      z.strictObject({ range: z.enum(['day', 'week', 'month', 'all']).default('month') }),
    )
    const sinceMs = service.now() - DAYS[range] * 86_400_000
    const paid = credits
      .history()
      .filter(({ amount, created_at }) => amount < 0 && Date.parse(created_at) >= sinceMs)
    const operations = [...Map.groupBy(paid, ({ operation }) => operation)]
      .map(([operation, entries]) => ({
        operation,
        total_micro_usd: entries.reduce((sum, { amount }) => sum - amount, 0),
        event_count: entries.length,
      }))
      .sort((a, b) => b.total_micro_usd - a.total_micro_usd)
    return {
      range,
      since: Number.isFinite(sinceMs) ? new Date(sinceMs).toISOString() : null,
      operations,
      total_micro_usd: operations.reduce((sum, item) => sum + item.total_micro_usd, 0),
      total_events: paid.length,
    }
  })

  app.get(`${BASE}/estimate`, (request) => {
    const { operation, quantity } = queryOf(
      request,
      z.strictObject({
        operation: z.string(),
        quantity: z.coerce.number().int().min(1).default(1),
      }),
    )
    const known = PRICES[operation]
    if (!known) throw new InvalidRequest([{ loc: ['query', 'operation'], msg: 'is unknown' }], 400)
    const [unit, price] = known
    const total = price * quantity
    return {
      operation,
      unit,
      quantity,
      micro_usd_per_unit: price,
      total_micro_usd: total,
      remaining_micro_usd: credits.spendable,
      sufficient: credits.spendable >= total,
    }
  })
}
