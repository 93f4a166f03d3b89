import { z } from 'zod'
import { type CallOptions, type Http, segment } from './http.ts'
import { allItems, type Listing, pageSchema, type Range } from './paging.ts'
import { anyId, count, flag, requiredId, text, time } from './tolerant.ts'

/** The service's maximum page size. */
const PAGE_LIMIT = 100

const notificationSchema = z.object({
  id: requiredId,
  organization_id: anyId,
  user_id: anyId,
  /** For example `training_complete`, `export_ready` or `task_assigned`. */
  type: text,
  title: text,
  message: text,
  /** What the notification is about; its fields depend on the type. */
  metadata: z.record(z.string(), z.unknown()).nullish().catch(null),
  read: flag,
  created_at: time,
})
export type RemoteNotification = z.infer<typeof notificationSchema>

const unreadSchema = z.object({ unread_count: count })
const markedSchema = z.object({ marked_count: count })

/** What happened in the organisation. Each person has their own read state. All methods throw a PictographError. */
export class Notifications {
  readonly #http: Http

  constructor(http: Http) {
    this.#http = http
  }

  /** Newest first. */
  list(options: CallOptions & Range & { unreadOnly?: boolean } = {}): Listing<RemoteNotification> {
    const { unreadOnly, limit, offset, ...call } = options
    return allItems(
      (limit, offset) =>
        this.#http.json(pageSchema(notificationSchema, 'notifications'), 'GET', '/notifications', {
          ...call,
          query: { limit, offset, unread_only: unreadOnly },
        }),
      { limit, offset },
      PAGE_LIMIT,
    )
  }

  async unreadCount(call: CallOptions = {}): Promise<number> {
    const path = '/notifications/unread-count'
    return (await this.#http.json(unreadSchema, 'GET', path, call)).unread_count
  }

  async markRead(id: string, call: CallOptions = {}): Promise<void> {
    await this.#http.json(z.unknown(), 'POST', `/notifications/${segment(id)}/read`, call)
  }

  /** Returns how many were unread. */
  async markAllRead(call: CallOptions = {}): Promise<number> {
    const path = '/notifications/read-all'
    return (await this.#http.json(markedSchema, 'POST', path, call)).marked_count
  }

  async delete(id: string, call: CallOptions = {}): Promise<void> {
    await this.#http.json(z.unknown(), 'DELETE', `/notifications/${segment(id)}`, call)
  }
}
