import type { FileHandle } from 'node:fs/promises'
import { extname } from 'node:path'
import { Readable } from 'node:stream'
import type { ImageRepository } from '#core/cache/image-repository.ts'
import { openRegular } from '#core/regular-file.ts'
import { toUserError } from '#core/user-error.ts'
import type { DatasetImage } from '#shared/model/dataset.ts'
import { isShownAsIs, type Renditions } from './renditions.ts'

const TYPES: Record<string, string> = {
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.png': 'image/png',
  '.gif': 'image/gif',
  '.bmp': 'image/bmp',
  '.webp': 'image/webp',
}

/** Cached widths; other widths are rounded up, so that the cache stays small. */
const THUMBNAIL_WIDTHS = [160, 320, 640] as const

/** A single byte range (RFC 9110, 14.1.2); null: the whole file; 'unsatisfiable' if beyond the end. */
function parseRange(
  header: string | null,
  size: number,
): { from: number; to: number } | null | 'unsatisfiable' {
  const match = header && /^bytes=(\d*)-(\d*)$/.exec(header)
  if (!match || (match[1] === '' && match[2] === '')) return null
  const from = match[1] === '' ? Math.max(0, size - Number(match[2])) : Number(match[1])
  const to = match[1] === '' || match[2] === '' ? size - 1 : Math.min(size - 1, Number(match[2]))
  return from >= size || from > to ? 'unsatisfiable' : { from, to }
}

/** Opens the file before the answer begins, so that a failure is an answer and not a broken connection. */
async function sendFile(request: Request, file: string): Promise<Response> {
  const { handle, info } = await openRegular(file)
  let isPassedOn = false
  try {
    const response = answerOf(request, file, info, handle)
    isPassedOn = response.body !== null
    return response
  } finally {
    if (!isPassedOn) await handle.close()
  }
}

function answerOf(
  request: Request,
  file: string,
  info: { size: number; mtimeMs: number },
  handle: FileHandle,
): Response {
  const etag = `"${info.size.toString(36)}-${Math.round(info.mtimeMs * 1000).toString(36)}"`
  const headers = new Headers({
    'content-type': TYPES[extname(file).toLowerCase()] ?? 'application/octet-stream',
    etag,
    'accept-ranges': 'bytes',
    // The address contains the file's time, so its content never changes.
    'cache-control': 'private, max-age=31536000, immutable',
    'x-content-type-options': 'nosniff',
  })
  if (request.headers.get('if-none-match') === etag)
    return new Response(null, { status: 304, headers })
  const ifRange = request.headers.get('if-range')
  const range =
    ifRange === null || ifRange === etag
      ? parseRange(request.headers.get('range'), info.size)
      : null
  if (range === 'unsatisfiable') {
    headers.set('content-range', `bytes */${info.size}`)
    return new Response(null, { status: 416, headers })
  }
  const { from, to } = range ?? { from: 0, to: info.size - 1 }
  headers.set('content-length', String(to - from + 1))
  if (range) headers.set('content-range', `bytes ${from}-${to}/${info.size}`)
  const empty = request.method === 'HEAD' || info.size === 0
  const stream = empty ? null : Readable.toWeb(handle.createReadStream({ start: from, end: to }))
  return new Response(stream as ReadableStream | null, { status: range ? 206 : 200, headers })
}

function refuse(status: number, message: string): Response {
  return new Response(message, { status, headers: { 'content-type': 'text/plain; charset=utf-8' } })
}

interface Deps {
  images: ImageRepository
  renditions: Renditions
  /** The local path of an image's file, fetched if needed. Throws a UserError. */
  fileOf: (imageId: string) => Promise<string>
  /** A thumbnail that is available before the file; null if there is none. Throws if it cannot be fetched. */
  thumbnailOf: (imageId: string) => Promise<string | null>
  /** The folder for an image's renditions; default: the common one. */
  placeOf: (image: DatasetImage) => { folder?: string }
}

/**
 * Serves `/media/image/<id>` and `/media/thumbnail/<id>?width=`. Images are addressed only by id, so a path never
 * comes from outside.
 */
export function mediaHandler({
  images,
  renditions,
  fileOf,
  thumbnailOf,
  placeOf,
}: Deps): (request: Request) => Promise<Response> {
  const thumbnail = async (image: DatasetImage, asked: number): Promise<string> => {
    const width = THUMBNAIL_WIDTHS.find((candidate) => candidate >= asked) ?? 640
    const isHere = image.remote === null || image.remote.isCached
    // A grid of thumbnails must not download thousands of full images.
    const small = isHere ? null : await thumbnailOf(image.id)
    const file = small ?? (await fileOf(image.id))
    // sharp cannot read bitmaps; the browser scales them.
    return file.toLowerCase().endsWith('.bmp')
      ? file
      : renditions.get({ image, file, ...placeOf(image) }, { kind: 'thumbnail', width })
  }
  const full = async (image: DatasetImage): Promise<string> => {
    const file = await fileOf(image.id)
    // Read again, because fetching the file may have updated it.
    const source = { image: images.get(image.id), file, ...placeOf(image) }
    return (await isShownAsIs(source)) ? file : renditions.get(source, { kind: 'full' })
  }
  return async (request) => {
    const url = new URL(request.url)
    const [, , kind, id] = url.pathname.split('/')
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405, 'Only GET')
    const image = images.find(decodeURIComponent(id ?? ''))
    if (!image || (kind !== 'image' && kind !== 'thumbnail')) return refuse(404, 'No such image')
    try {
      const asked = Number(url.searchParams.get('width') ?? THUMBNAIL_WIDTHS[0])
      return await sendFile(
        request,
        kind === 'image' ? await full(image) : await thumbnail(image, asked),
      )
    } catch (error) {
      return refuse(422, toUserError(error, image.path).message)
    }
  }
}
