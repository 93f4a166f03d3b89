import { describe, expect, test } from 'vitest'
import {
  isLoopback,
  parsePacResult,
  parseProxyAddress,
  rulesOfEnvironment,
  withLogin,
} from './proxy-rules.ts'

const to = (env: Record<string, string>, url: string) => rulesOfEnvironment(env)(new URL(url))

describe('the environment', () => {
  test.each([
    ['names a proxy for https', { HTTPS_PROXY: 'http://proxy:3128' }, 'http://proxy:3128/'],
    [
      'in lower case, which wins',
      { https_proxy: 'http://a', HTTPS_PROXY: 'http://b' },
      'http://a/',
    ],
    ['without a scheme', { HTTPS_PROXY: 'proxy.example:8080' }, 'http://proxy.example:8080/'],
    ['for everything', { ALL_PROXY: 'socks5://proxy:1080' }, 'socks5://proxy:1080'],
    ['as curl names one that looks names up', { ALL_PROXY: 'socks5h://proxy' }, 'socks5://proxy'],
    ['of a kind that is not known', { HTTPS_PROXY: 'socks4://proxy' }, null],
    ['for http alone', { HTTP_PROXY: 'http://proxy' }, null],
    ['with its login', { HTTPS_PROXY: 'http://ada:p%40ss@proxy:1' }, 'http://ada:p%40ss@proxy:1/'],
    ['as nothing', { HTTPS_PROXY: '' }, null],
    ['as something that is no address', { HTTPS_PROXY: 'ftp://proxy' }, null],
  ])('%s', (_name, env, proxy) => {
    expect(to(env as Record<string, string>, 'https://api.pictograph.io/x')).toBe(proxy)
  })

  test.each([
    ['pictograph.io', true],
    ['.pictograph.io', true],
    ['*.pictograph.io', true],
    ['api.pictograph.io:443', true],
    ['api.pictograph.io:8443', false],
    ['graph.io', false],
    ['*', true],
    ['other.example, pictograph.io', true],
    ['other.example pictograph.io', true],
    ['', false],
  ])('NO_PROXY=%s excepts the service: %s', (exceptions, isExcepted) => {
    const env = { HTTPS_PROXY: 'http://proxy', NO_PROXY: exceptions }
    expect(to(env, 'https://api.pictograph.io/x')).toBe(isExcepted ? null : 'http://proxy/')
  })

  test('NO_PROXY accepts networks', () => {
    const env = { HTTPS_PROXY: 'http://proxy', NO_PROXY: '10.0.0.0/8,[fd00::]/8' }
    expect(to(env, 'https://10.1.2.3/')).toBeNull()
    expect(to(env, 'https://11.1.2.3/')).toBe('http://proxy/')
    expect(to(env, 'https://[fd12::1]/')).toBeNull()
  })

  test('NO_PROXY accepts addresses with and without brackets, and ignores invalid ones', () => {
    const env = {
      HTTPS_PROXY: 'http://proxy',
      NO_PROXY: 'fd00::1,[fd00:0::2],10.0.0.7,10.0.0.0/99',
    }
    for (const host of ['[fd00::1]', '[fd00::2]', '10.0.0.7'])
      expect([host, to(env, `https://${host}/`)]).toEqual([host, null])
    for (const host of ['[fd00::3]', '10.0.0.8'])
      expect([host, to(env, `https://${host}/`)]).toEqual([host, 'http://proxy/'])
  })
})

test.each([
  ['DIRECT', [null]],
  ['PROXY proxy:8080', ['http://proxy:8080']],
  ['PROXY proxy:8080; DIRECT', ['http://proxy:8080', null]],
  ['HTTPS secure:443;PROXY proxy:8080', ['https://secure:443', 'http://proxy:8080']],
  ['SOCKS5 socks:1080', ['socks5://socks:1080']],
  ['QUIC quic:443; PROXY [fd00::1]:8080', ['http://[fd00::1]:8080']],
  ['', []],
])('the system answers %s', (text, proxies) => {
  expect(parsePacResult(text)).toEqual(proxies)
})

test('this machine is never reached through a proxy', () => {
  for (const url of [
    'http://127.0.0.1:1/',
    'http://localhost/',
    'http://[::1]:5/',
    'http://a.localhost/',
  ])
    expect([url, isLoopback(new URL(url))]).toEqual([url, true])
  expect(isLoopback(new URL('http://localhost.example/'))).toBe(false)
})

test('a login with any characters is put into the address, and never replaces an existing one', () => {
  const login = { user: 'CORP\\ada', password: 'p@ss:w/rd' }
  const url = new URL(withLogin('http://proxy:3128', login))
  expect([decodeURIComponent(url.username), decodeURIComponent(url.password)]).toEqual([
    'CORP\\ada',
    'p@ss:w/rd',
  ])
  expect(withLogin('http://bob:x@proxy:3128/', login)).toBe('http://bob:x@proxy:3128/')
  expect(parseProxyAddress('not an address')).toBeNull()
})
