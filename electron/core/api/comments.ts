import { z } from 'zod'
import type { Reaction } from '#shared/model/comment.ts'
import { type CallOptions, type Http, segment } from './http.ts'
import { requireSameId } from './image-address.ts'
import { wireFields } from './options.ts'
import { commentSchema, type RemoteComment } from './schemas.ts'
import { rowsOf } from './tolerant.ts'

const BASE = '/annotation-comments'
const answerSchema = z.object({ comment: commentSchema })

/** Comments on annotations. All methods throw a PictographError. */
export class Comments {
  readonly #http: Http

  constructor(http: Http) {
    this.#http = http
  }

  /**
   * Comments of an image, oldest first, with replies (`parent_comment_id`). Deleted ones stay in the list with
   * `is_deleted` and an empty body, so that their replies keep their place.
   */
  async list(imageId: string, call: CallOptions = {}): Promise<RemoteComment[]> {
    // Read as empty, a missing list would look as if every comment had been deleted.
    const comments = z.array(z.unknown()).transform((list) => rowsOf(commentSchema, list))
    const schema = z.object({ comments })
    const query = { image_id: imageId }
    return (await this.#http.json(schema, 'GET', BASE, { ...call, query })).comments
  }

  /** `parentCommentId`: the comment to reply to; the service attaches a reply to a reply to the first comment. */
  async create(
    imageId: string,
    annotationId: string,
    text: string,
    { parentCommentId, ...call }: CallOptions & { parentCommentId?: string } = {},
  ): Promise<RemoteComment> {
    const body = {
      image_id: imageId,
      annotation_id: annotationId,
      body: text,
      ...(parentCommentId !== undefined && { parent_comment_id: parentCommentId }),
    }
    const { comment } = await this.#http.json(answerSchema, 'POST', BASE, { ...call, body })
    requireSameId(imageId, comment.image_id, `POST ${BASE}`)
    return comment
  }

  /** Only the author can change the text. */
  async update(
    id: string,
    change: { text?: string; resolved?: boolean },
    call: CallOptions = {},
  ): Promise<RemoteComment> {
    const body = wireFields('comments.update', change, { text: 'body', resolved: 'resolved' })
    const path = `${BASE}/${segment(id)}`
    return (await this.#http.json(answerSchema, 'PATCH', path, { ...call, body })).comment
  }

  /** Leaves a placeholder, see `list`. */
  async delete(id: string, call: CallOptions = {}): Promise<void> {
    await this.#http.json(z.unknown(), 'DELETE', `${BASE}/${segment(id)}`, call)
  }

  /** Idempotent. */
  async react(id: string, reaction: Reaction, call: CallOptions = {}): Promise<RemoteComment> {
    const path = `${BASE}/${segment(id)}/reactions/${segment(reaction)}`
    return (await this.#http.json(answerSchema, 'PUT', path, call)).comment
  }

  async unreact(id: string, reaction: Reaction, call: CallOptions = {}): Promise<RemoteComment> {
    const path = `${BASE}/${segment(id)}/reactions/${segment(reaction)}`
    return (await this.#http.json(answerSchema, 'DELETE', path, call)).comment
  }
}
