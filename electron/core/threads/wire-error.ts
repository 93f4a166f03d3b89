import {
  NetworkError,
  NotFoundError,
  PictographError,
  RequestTimeoutError,
  ServerError,
} from '#core/api/errors.ts'
import { messageOf } from '#shared/model/message-of.ts'

/** What of an error gets from one thread to another: a copy loses its class and its code. */
export interface WireError {
  /** Of its class. */
  name: string
  message: string
  /** `ENOSPC`, or the like; null: it has none. */
  code: string | null
  /** Of a storage transfer alone. */
  route: string | null
  status: number | null
}

/** The file came, and is not what it should be. */
export class BrokenFileError extends Error {
  override readonly name = 'BrokenFileError'
}

/** The thread ended before it was through; another one may do it. */
export class ThreadLostError extends Error {
  override readonly name = 'ThreadLostError'
}

/** Those by which is told what may be tried again. */
const OF_TRANSFERS = {
  NetworkError,
  NotFoundError,
  PictographError,
  RequestTimeoutError,
  ServerError,
}

export function toWireError(error: unknown): WireError {
  const { name, code } = error instanceof Error ? (error as NodeJS.ErrnoException) : {}
  const [route, status] =
    error instanceof PictographError ? [error.route, error.status] : [null, null]
  return { name: name ?? 'Error', message: messageOf(error), code: code ?? null, route, status }
}

export function fromWireError({ name, message, code, route, status }: WireError): Error {
  if (name === 'BrokenFileError') return new BrokenFileError(message)
  const known = OF_TRANSFERS[name as keyof typeof OF_TRANSFERS]
  if (known && route !== null)
    return new known(message, { route, ...(status !== null && { status }), ...(code && { code }) })
  return Object.assign(new Error(message), { name, ...(code && { code }) })
}
