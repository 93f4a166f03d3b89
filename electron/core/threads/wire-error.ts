import {
  NetworkError,
  NotFoundError,
  PictographError,
  RequestTimeoutError,
  ServerError,
} from '#core/api/errors.ts'
import { messageOf } from '#shared/model/message-of.ts'

/** The parts of an error that cross threads; a structured clone loses its class and code. */
export interface WireError {
  /** Name of its class. */
  name: string
  message: string
  /** For example `ENOSPC`; null: none. */
  code: string | null
  /** Only for storage transfers. */
  route: string | null
  status: number | null
}

/** The file arrived and is invalid. */
export class BrokenFileError extends Error {
  override readonly name = 'BrokenFileError'
}

/** The thread died before it finished; another one may retry. */
export class ThreadLostError extends Error {
  override readonly name = 'ThreadLostError'
}

/** Errors that decide what can be retried. */
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
