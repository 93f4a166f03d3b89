import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { notFound } from '#emulator/problems.ts'
import type { StoredTask } from '#emulator/seed.ts'
import {
  API,
  NO_QUERY,
  page,
  paging,
  params,
  queryOf,
  type Service,
  SHORT_PAGE_CAP,
} from '#emulator/service.ts'

const BASE = `${API}/tasks`

/** Tasks: images that people must label or review. */
export function taskRoutes(app: FastifyInstance, { state, organization }: Service): void {
  const tasks = state.collection<StoredTask>('task')
  const namesOf = () => new Map(state.datasets().map(({ id, name }) => [id, name]))

  app.get(BASE, (request) => {
    const query = queryOf(request, z.strictObject(paging()))
    const names = namesOf()
    const items = tasks
      .all()
      .reverse()
      .map(({ image_ids, assignees, ...task }) => ({
        ...task,
        dataset: names.get(task.dataset_id) ?? null,
        image_count: image_ids.length,
        assignee_count: assignees.length,
      }))
    return page(items, query, SHORT_PAGE_CAP)
  })

  app.get(`${BASE}/:id/contributions`, (request) => {
    queryOf(request, NO_QUERY)
    const task = tasks.get(params(request).id)
    if (!task) throw notFound('Task')
    const wanted = new Set(task.image_ids)
    const images = state.images(task.dataset_id).filter(({ id }) => wanted.has(id))
    const contributors = organization.people
      .map((person) => {
        const own = images
          .map((image) => ({
            image,
            drawn: state
              .annotations(image.id)
              .filter(({ created_by }) => created_by === person.user_id).length,
          }))
          .filter(({ drawn }) => drawn > 0)
        return {
          user_id: person.user_id,
          full_name: person.full_name,
          email: person.email,
          avatar_url: null,
          is_assignee: task.assignees.includes(person.role),
          active_seconds: own.length * 30,
          images_worked: own.length,
          images_completed: own.filter(({ image }) => image.status === 'complete').length,
          annotations_added: own.reduce((sum, { drawn }) => sum + drawn, 0),
        }
      })
      .filter(({ is_assignee, images_worked }) => is_assignee || images_worked > 0)
    return {
      data: {
        task_id: task.id,
        contributors,
        contributor_count: contributors.length,
        total_images: task.image_ids.length,
        images_complete: images.filter(({ status }) => status === 'complete').length,
        total_active_seconds: contributors.reduce((sum, one) => sum + one.active_seconds, 0),
      },
    }
  })
}
