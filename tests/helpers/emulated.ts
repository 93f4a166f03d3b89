import { buffer } from 'node:stream/consumers'
import sharp from 'sharp'
import { type EmulatorOptions, startEmulator } from '#emulator/server.ts'
import { temporaryFolder } from './core.ts'

interface Call {
  /** The key's role. */
  as?: 'owner' | 'admin' | 'member' | 'viewer' | 'nobody'
  body?: unknown
  form?: FormData
  headers?: Record<string, string>
}

interface Answer {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers whose shape they assert
  body: any
}

/** A local service in a temporary folder, with raw calls, without our client. */
export async function emulated(options: Partial<EmulatorOptions> = {}) {
  const folder = temporaryFolder()
  const emulator = await startEmulator({ dataDir: folder.path, seeded: 40, ...options })

  /** `route`: method and path below the API's prefix, `GET /datasets/`. */
  const call = async (route: string, { as = 'admin', body, form, headers = {} }: Call = {}) => {
    const [method, path] = route.split(/ (.*)/)
    const response = await fetch(`${emulator.url}/api/v1/developer${path}`, {
      method,
      headers: {
        'x-api-key': `pk_live_${as}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(form && { body: form }),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json')
    const answer: Answer = {
      status: response.status,
      headers: response.headers,
      body: isJson ? JSON.parse(text) : text,
    }
    return answer
  }

  /** Uploads a small picture in three steps, and returns the image. */
  const upload = async (dataset: string, path: string) => {
    const slash = path.lastIndexOf('/')
    const target = {
      dataset,
      filename: path.slice(slash + 1),
      directory_path: slash < 0 ? '/' : `/${path.slice(0, slash)}`,
      content_type: 'image/png',
    }
    const bytes = await buffer(
      sharp({ create: { width: 40, height: 30, channels: 3, background: '#808080' } }).png(),
    )
    const { body } = await call('POST /images/upload-url', { body: target })
    await fetch(body.data.upload_url, {
      method: 'PUT',
      headers: { 'content-type': 'image/png' },
      body: new Uint8Array(bytes),
    })
    const size = { file_size: bytes.length, width: 40, height: 30 }
    return (await call('POST /images/register', { body: { ...target, ...size } })).body.data
  }

  return {
    emulator,
    call,
    upload,
    idsOf: (dataset: string) =>
      emulator.state.images(emulator.state.dataset(dataset).id).map(({ id }) => id),
    async [Symbol.asyncDispose]() {
      await emulator[Symbol.asyncDispose]()
      folder[Symbol.dispose]()
    },
  }
}

export const box = (id: string, name = 'car') => ({
  id,
  name,
  type: 'bbox',
  bounding_box: { x: 1, y: 2, w: 10, h: 8 },
})
