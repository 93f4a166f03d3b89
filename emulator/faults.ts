import { z } from 'zod'

/** What fails, on which requests, and how often. */
export const faultSchema = z.strictObject({
  /** A regular expression on `METHOD /path`; default: all requests. */
  match: z.string().default(''),
  /** Number of requests to affect. */
  times: z.number().int().min(1).default(1),
  /** Number of matching requests to let through first. */
  after: z.number().int().min(0).default(0),
  /** Probability that a matching request is affected. */
  chance: z.number().min(0).max(1).default(1),
  fault: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('delay'),
      ms: z.number().min(0),
      jitterMs: z.number().min(0).default(0),
    }),
    z.strictObject({
      kind: z.literal('status'),
      status: z.number().int().min(400).max(599),
      /** The header's value; seconds or an HTTP date. */
      retryAfter: z.string().optional(),
    }),
    /** The connection breaks before the request is handled. */
    z.strictObject({ kind: z.literal('reset') }),
    /** The request is executed, but its answer is lost. */
    z.strictObject({ kind: z.literal('lose_answer') }),
    /** The body is truncated: with its true length announced, or as if complete. */
    z.strictObject({
      kind: z.literal('truncate'),
      bytes: z.number().int().min(0),
      honest: z.boolean(),
    }),
    /** The body arrives a few bytes at a time. */
    z.strictObject({
      kind: z.literal('drip'),
      bytes: z.number().int().min(1),
      everyMs: z.number().min(1),
    }),
    z.strictObject({ kind: z.literal('garbage') }),
    z.strictObject({ kind: z.literal('portal') }),
  ]),
})
export type FaultRule = z.infer<typeof faultSchema>
export type Fault = FaultRule['fault']

/** The active rules, each applied as often as it says. */
export class Faults {
  #rules: FaultRule[] = []

  add(rule: z.input<typeof faultSchema>): void {
    this.#rules.push(faultSchema.parse(rule))
  }

  clear(): void {
    this.#rules = []
  }

  /** The fault that affects a request, if any. */
  strike(request: string): Fault | null {
    for (const rule of this.#rules) {
      if (!new RegExp(rule.match).test(request)) continue
      if (rule.chance < 1 && Math.random() >= rule.chance) continue
      if (rule.after > 0) {
        rule.after--
        continue
      }
      rule.times--
      if (rule.times === 0) this.#rules = this.#rules.filter((other) => other !== rule)
      return rule.fault
    }
    return null
  }
}
