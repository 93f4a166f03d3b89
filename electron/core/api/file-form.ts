import { readFile, stat } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import { ValidationError } from './errors.ts'

/** Picture types that the service accepts outside of a dataset, by lower-case extension. */
const TYPES: Readonly<Record<string, string>> = {
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.bmp': 'image/bmp',
  '.gif': 'image/gif',
  '.tif': 'image/tiff',
  '.tiff': 'image/tiff',
}
/** The service's limit per picture, in bytes. */
export const PICTURE_LIMIT_BYTES = 25 * 1024 * 1024

/** A picture in memory. */
export interface Picture {
  /** File name with its extension. */
  name: string
  /** `image/jpeg` */
  type: string
  bytes: Uint8Array<ArrayBuffer>
}

function refused(file: string, why: string): ValidationError {
  const message = `${file} ${why}`
  return new ValidationError(message, { route: 'predict' }, [{ field: 'file', message }])
}

const typeOf = (file: string): string | undefined => TYPES[extname(file).toLowerCase()]

/** Whether the service accepts files of this type, by the extension. */
export const isSendable = (file: string): boolean => typeOf(file) !== undefined

async function pictureOf(file: string): Promise<Picture> {
  const type = typeOf(file)
  if (!type) throw refused(file, 'is not a JPEG, PNG, WebP, BMP, GIF or TIFF')
  const { size } = await stat(file)
  if (size > PICTURE_LIMIT_BYTES) throw refused(file, `is larger than 25 MB (${size} bytes)`)
  return { name: basename(file), type, bytes: await readFile(file) }
}

/** A form with a local picture as `file`. Throws a ValidationError for types that the service does not accept. */
export async function fileForm(picture: string | Picture): Promise<FormData> {
  const { name, type, bytes } = typeof picture === 'string' ? await pictureOf(picture) : picture
  if (bytes.length > PICTURE_LIMIT_BYTES)
    throw refused(name, `is larger than 25 MB (${bytes.length} bytes)`)
  const form = new FormData()
  form.set('file', new Blob([bytes], { type }), name)
  return form
}
