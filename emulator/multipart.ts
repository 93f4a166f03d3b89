import type { FastifyInstance, FastifyRequest } from 'fastify'
import sharp from 'sharp'
import { InvalidRequest, Problem } from './problems.ts'

/** Maximum bytes of a picture in a request. */
const FILE_CAP = 25 * 1024 * 1024

/** Parses requests with a file as FormData. */
export function takeMultipart(app: FastifyInstance): void {
  app.addContentTypeParser(
    'multipart/form-data',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, body: Buffer) => {
      const headers = { 'content-type': request.headers['content-type'] ?? '' }
      try {
        return await new Response(new Uint8Array(body), { headers }).formData()
      } catch {
        throw new Problem(400, 'validation_error', 'The form could not be read')
      }
    },
  )
}

/** The fields of a form, each with all its values. Throws a 422 for an invalid body, and for an unknown field. */
export function fieldsOf(
  request: FastifyRequest,
  known: readonly string[],
): { file: File; fields: Record<string, string[]> } {
  const form = request.body
  if (!(form instanceof FormData)) throw new InvalidRequest([{ loc: ['body'], msg: 'is no form' }])
  const fields: Record<string, string[]> = Object.fromEntries(known.map((name) => [name, []]))
  for (const [name, value] of form) {
    if (name === 'file' || typeof value !== 'string') continue
    if (!known.includes(name))
      throw new InvalidRequest([{ loc: ['body', name], msg: 'is unknown' }])
    fields[name].push(value)
  }
  const file = form.get('file')
  if (!(file instanceof File))
    throw new InvalidRequest([{ loc: ['body', 'file'], msg: 'is missing' }])
  if (file.size > FILE_CAP)
    throw new InvalidRequest([{ loc: ['body', 'file'], msg: 'is larger than 25 MB' }], 400)
  return { file, fields }
}

/** The size of a picture as displayed. Throws a 422 for anything that is not a picture. */
export async function uprightSize(file: File): Promise<{ width: number; height: number }> {
  try {
    const { autoOrient } = await sharp(new Uint8Array(await file.arrayBuffer())).metadata()
    return autoOrient
  } catch {
    throw new Problem(422, 'image_unreadable', 'The file is no picture that can be read')
  }
}
