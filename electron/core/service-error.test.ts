import { expect, test } from 'vitest'
import {
  AuthenticationError,
  ConflictError,
  ForbiddenError,
  NetworkError,
  NotFoundError,
  RateLimitError,
  RequestTimeoutError,
  ServerError,
  UnexpectedAnswerError,
  ValidationError,
} from '#core/api/client.ts'
import { faultOf, isOffline, toServiceError } from './service-error.ts'
import { UserError } from './user-error.ts'

const route = 'GET /x'
const broken = Object.assign(new Error('reset'), { code: 'ECONNRESET' })

test.each([
  ['no connection', new NetworkError('x', { route }), 'line', true],
  ['no answer in time', new RequestTimeoutError('x', { route }), 'line', true],
  ['a portal’s page', new ServerError('x', { route, status: 200 }), 'line', true],
  ['a connection that broke in a body', broken, 'line', true],
  ['the hour’s limit', new RateLimitError('x', { route, status: 429 }, null), 'later', true],
  ['a refused key', new AuthenticationError('x', { route, status: 401 }), 'later', true],
  ['the end of the app', new UserError('closed', 'x'), 'later', true],
  ['a failing service', new ServerError('x', { route, status: 503 }), 'later', false],
  ['a refused role', new ForbiddenError('x', { route, status: 403 }), 'refused', false],
  ['a thing that is gone', new NotFoundError('x', { route, status: 404 }), 'refused', false],
  ['a taken name', new ConflictError('x', { route, status: 409 }), 'refused', false],
  ['a bad field', new ValidationError('x', { route, status: 422 }, []), 'refused', false],
  [
    'an answer we do not know',
    new UnexpectedAnswerError('x', { route, status: 200 }),
    'refused',
    false,
  ],
  ['a bug', new TypeError('x'), 'ours', false],
  ['a full disk', new UserError('disk_full', 'x'), 'ours', false],
] as const)('%s is told apart', (_name, error, kind, isGeneral) => {
  expect(faultOf(error)).toEqual({ kind, isGeneral })
  // The readable error keeps the kind.
  if (!(error instanceof TypeError)) expect(faultOf(toServiceError(error)).kind).toBe(kind)
})

test('a connection that breaks within a body does not mean that the service is unreachable', () => {
  expect(isOffline(broken)).toBe(false)
  expect(isOffline(new NetworkError('x', { route }))).toBe(true)
})
