import { randomUUID } from 'node:crypto'
import type { Collection } from './collection.ts'
import { Problem } from './problems.ts'

export interface LedgerEntry {
  id: string
  operation: string
  /** Micro-USD; negative for a payment. */
  amount: number
  balance_after: number
  description: string | null
  metadata: Record<string, unknown> | null
  created_at: string
}

const ALLOWANCE = 50_000_000
const BUDGET = 10_000_000

/** What calls are paid from, in micro-USD: a monthly allowance, then a budget beyond it. */
export class Credits {
  readonly #ledger: Collection<LedgerEntry>
  readonly #now: () => number

  constructor(ledger: Collection<LedgerEntry>, now: () => number) {
    this.#ledger = ledger
    this.#now = now
  }

  #month(offset: number): string {
    const date = new Date(this.#now())
    return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + offset)).toISOString()
  }

  /** Newest first. */
  history(): LedgerEntry[] {
    return this.#ledger.all().reverse()
  }

  get balance() {
    const since = this.#month(0)
    const spent = -this.#ledger
      .all()
      .filter(({ created_at }) => created_at >= since)
      .reduce((sum, { amount }) => sum + amount, 0)
    const overage = Math.max(0, spent - ALLOWANCE)
    return {
      included_allowance_micro_usd: ALLOWANCE,
      included_remaining_micro_usd: Math.max(0, ALLOWANCE - spent),
      budget_micro_usd: BUDGET,
      budget_remaining_micro_usd: Math.max(0, BUDGET - overage),
      period_spend_micro_usd: spent,
      period_overage_micro_usd: overage,
      period_start: since,
      credits_reset_at: this.#month(1),
    }
  }

  /** Micro-USD that can be spent now. */
  get spendable(): number {
    const { included_remaining_micro_usd, budget_remaining_micro_usd } = this.balance
    return included_remaining_micro_usd + budget_remaining_micro_usd
  }

  /** Throws a 402 if less than `amount` (micro-USD) is available. */
  check(amount: number): void {
    const remaining = this.spendable
    if (amount <= remaining) return
    throw new Problem(402, 'insufficient_credits', 'There are not enough credits for this', {
      details: {
        required_micro_usd: amount,
        remaining_micro_usd: remaining,
        unit: 'micro_usd',
        upgrade_url: 'https://pictograph.io/pricing',
      },
    })
  }

  /** Charges `amount` (micro-USD). Throws a 402 if less is available. */
  charge(operation: string, amount: number, description: string): void {
    this.check(amount)
    this.#ledger.put({
      id: randomUUID(),
      operation,
      amount: -amount,
      balance_after: this.spendable - amount,
      description,
      metadata: null,
      created_at: new Date(this.#now()).toISOString(),
    })
  }
}
