import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { ORGANIZATION_ID, type Person } from '#emulator/organization.ts'
import { notFound } from '#emulator/problems.ts'
import type { StoredNotification } from '#emulator/seed.ts'
import {
  API,
  bodyOf,
  flag,
  NO_BODY,
  NO_QUERY,
  page,
  paging,
  params,
  personOf,
  queryOf,
  type Service,
  SHORT_PAGE_CAP,
} from '#emulator/service.ts'

const BASE = `${API}/notifications`

/** Notifications of the organisation for all members; each has their own read and dismissed state. */
export function notificationRoutes(app: FastifyInstance, { state }: Service): void {
  const all = state.collection<StoredNotification>('notification')
  const of = ({ user_id }: Person) =>
    all
      .all()
      .reverse()
      .filter(({ put_away_by }) => !put_away_by.includes(user_id))
  const shown = (
    { read_by, put_away_by: _by, ...item }: StoredNotification,
    { user_id }: Person,
  ) => ({
    ...item,
    organization_id: ORGANIZATION_ID,
    user_id,
    read: read_by.includes(user_id),
  })
  const find = (id: string, person: Person) => {
    const found = of(person).find((item) => item.id === id)
    if (!found) throw notFound('Notification')
    return found
  }
  const unread = (person: Person) =>
    of(person).filter(({ read_by }) => !read_by.includes(person.user_id))
  const markRead = (items: readonly StoredNotification[], { user_id }: Person) => {
    for (const item of items)
      all.put({ ...item, read_by: [...new Set([...item.read_by, user_id])] })
  }

  app.get(BASE, (request) => {
    const query = queryOf(
      request,
      z.strictObject({ ...paging(50), unread_only: flag.default(false) }),
    )
    const person = personOf(request)
    const { data, pagination } = page(
      query.unread_only ? unread(person) : of(person),
      query,
      SHORT_PAGE_CAP,
    )
    return {
      notifications: data.map((item) => shown(item, person)),
      unread_count: unread(person).length,
      pagination,
    }
  })

  app.get(`${BASE}/unread-count`, (request) => {
    queryOf(request, NO_QUERY)
    return { unread_count: unread(personOf(request)).length }
  })

  app.post(`${BASE}/read-all`, (request) => {
    bodyOf(request, NO_BODY)
    const items = unread(personOf(request))
    markRead(items, personOf(request))
    return { marked_count: items.length }
  })

  app.post(`${BASE}/:id/read`, (request) => {
    bodyOf(request, NO_BODY)
    const person = personOf(request)
    markRead([find(params(request).id, person)], person)
    return { success: true }
  })

  app.delete(`${BASE}/:id`, (request) => {
    queryOf(request, NO_QUERY)
    const person = personOf(request)
    const item = find(params(request).id, person)
    all.put({ ...item, put_away_by: [...item.put_away_by, person.user_id] })
    return { success: true }
  })
}
