import { z } from 'zod'
import type { CallOptions, Http } from './http.ts'
import { allItems, type Listing, pageSchema, type Range } from './paging.ts'
import { flag, number, requiredId, rows, text, time } from './tolerant.ts'

/** The service's maximum page size. */
const PAGE_LIMIT = 100

const entrySchema = z.object({
  id: requiredId,
  operation: text,
  /** Millionths of a dollar; negative when spent. */
  amount: number,
  created_at: time,
})
export type CreditEntry = z.infer<typeof entrySchema>

/** Amounts are millionths of a dollar. */
const balanceSchema = z.object({
  included_allowance_micro_usd: number,
  included_remaining_micro_usd: number,
  budget_micro_usd: number,
  budget_remaining_micro_usd: number,
  period_spend_micro_usd: number,
  credits_reset_at: time,
  recent_history: rows(entrySchema),
})

const estimateSchema = z.object({
  operation: text,
  /** `minute` or `call` */
  unit: text,
  quantity: number,
  micro_usd_per_unit: number,
  total_micro_usd: number,
  remaining_micro_usd: number,
  sufficient: flag,
})

/** Balance, history and prices. All methods throw a PictographError. */
export class Credits {
  readonly #http: Http

  constructor(http: Http) {
    this.#http = http
  }

  balance(call: CallOptions = {}) {
    return this.#http.json(balanceSchema, 'GET', '/credits/balance', call)
  }

  /** Latest first. */
  history(options: CallOptions & Range = {}): Listing<CreditEntry> {
    const { limit, offset, ...call } = options
    return allItems(
      (limit, offset) =>
        this.#http.json(pageSchema(entrySchema, 'entries'), 'GET', '/credits/history', {
          ...call,
          query: { limit, offset },
        }),
      { limit, offset },
      PAGE_LIMIT,
    )
  }

  /** The price of an operation; `quantity` in the operation's unit. */
  estimate(operation: string, quantity = 1, call: CallOptions = {}) {
    const query = { operation, quantity }
    return this.#http.json(estimateSchema, 'GET', '/credits/estimate', { ...call, query })
  }
}
