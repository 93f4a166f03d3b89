import { z } from 'zod'

/** What goes wrong, on which requests, and how often. */
export const faultSchema = z.strictObject({
  /** A regular expression on `METHOD /path`; all requests when left out. */
  match: z.string().default(''),
  /** How many requests it strikes. */
  times: z.number().int().min(1).default(1),
  /** How many matching requests are let through first. */
  after: z.number().int().min(0).default(0),
  /** Of the matching requests, the share that it strikes, by chance. */
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
      /** The header as it is; seconds or an HTTP date. */
      retryAfter: z.string().optional(),
    }),
    /** The connection breaks before the request is looked at. */
    z.strictObject({ kind: z.literal('reset') }),
    /** The request is done, and its answer is lost on the way. */
    z.strictObject({ kind: z.literal('lose_answer') }),
    /** The body ends early: with its true length told, or as if that were all. */
    z.strictObject({
      kind: z.literal('truncate'),
      bytes: z.number().int().min(0),
      honest: z.boolean(),
    }),
    /** The body comes a few bytes at a time. */
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

/** The rules that are in force; each strikes as often as it says. */
export class Faults {
  #rules: FaultRule[] = []

  add(rule: z.input<typeof faultSchema>): void {
    this.#rules.push(faultSchema.parse(rule))
  }

  clear(): void {
    this.#rules = []
  }

  /** The fault that strikes a request, if any. */
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
