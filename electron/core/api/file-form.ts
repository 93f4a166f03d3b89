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
const MOST_BYTES = 25 * 1024 * 1024

function refused(file: string, why: string): ValidationError {
  const message = `${file} ${why}`
  return new ValidationError(message, { route: 'predict' }, [{ field: 'file', message }])
}

/** A form with a local picture as `file`. Throws a ValidationError for types that the service does not accept. */
export async function fileForm(file: string): Promise<FormData> {
  const type = TYPES[extname(file).toLowerCase()]
  if (!type) throw refused(file, 'is not a JPEG, PNG, WebP, BMP, GIF or TIFF')
  const { size } = await stat(file)
  if (size > MOST_BYTES) throw refused(file, `is larger than 25 MB (${size} bytes)`)
  const form = new FormData()
  form.set('file', new Blob([await readFile(file)], { type }), basename(file))
  return form
}
