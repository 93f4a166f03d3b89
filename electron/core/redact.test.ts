import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { redacted, withoutSecrets } from './redact.ts'

const SECRET = 'Zm9vYmFyMTIz'

describe('redaction', () => {
  test.each([
    'https://host/x?api_key=SECRET',
    'https://host/x?a=1&access_token=SECRET&b=2',
    'https://host/x#access_token=SECRET',
    'https://host/x?apikey=SECRET',
    'https://host/x?refresh_token=SECRET;y',
    'https://host/x?sig=SECRET&se=2026',
    'https://host/x?Policy=SECRET&Key-Pair-Id=SECRET',
    'https://host/x?X-Amz-Credential=SECRET&X-Amz-Security-Token=SECRET',
    'https://host/x?X-Goog-Signature=SECRET',
    'https://host/x?AWSAccessKeyId=SECRET&Signature=SECRET',
    'https://host/x?code=SECRET',
    'https://SECRET@host/x',
    'https://user:SECRET@host/x',
    'http://user:p@SECRET@proxy:8080',
    'socks5://:SECRET@proxy:1080',
    'postgres://me:SECRET@db/x',
    'api_key=SECRET',
    'api-key: SECRET',
    'API_KEY=SECRET',
    'PICTOGRAPH_API_KEY=SECRET node',
    'aws_secret_access_key=SECRET',
    'client_secret=SECRET',
    'password=SECRET',
    'password: "SECRET word"',
    "passwd='SECRET'",
    '{"password":"SECRET"}',
    '{"apiKey": "SECRET"}',
    '{"x-api-key":"SECRET"}',
    '{"access_token":"SECRET","expires":1}',
    '{\\"token\\":\\"SECRET\\"}',
    'x-api-key: SECRET',
    'Authorization: Bearer SECRET',
    'Proxy-Authorization: Basic SECRET',
    'got Bearer SECRET from',
    'Cookie: a=SECRET; b=SECRET',
    'set-cookie: pictograph_abc=SECRET; HttpOnly',
    '{"cookie":"a=SECRET, b=SECRET"}',
    '--api-key SECRET',
    '--password=SECRET',
    'pk_live_SECRET',
    'sk_test_SECRET',
    'ghp_SECRET',
    'eyJSECRET.SECRET.SECRET',
    'http://127.0.0.1:7365/?token=SECRET',
    'http://127.0.0.1:7365/#claim=SECRET',
    'session_id=SECRET',
    '-----BEGIN RSA PRIVATE KEY-----\nSECRET\n-----END RSA PRIVATE KEY-----',
  ])('%s', (form) => {
    const text = form.replaceAll('SECRET', SECRET)
    expect(withoutSecrets(text)).not.toContain(SECRET)
    expect(withoutSecrets(`before ${text} after`)).toMatch(/^before /)
    expect(JSON.stringify(redacted({ error: text }))).not.toContain(SECRET)
    expect(withoutSecrets(JSON.stringify({ error: text }))).not.toContain(SECRET)
    expect(withoutSecrets(JSON.stringify(JSON.stringify({ error: text })))).not.toContain(SECRET)
  })

  test.each([
    'apiKey',
    'api_key',
    'X-Api-Key',
    'password',
    'proxyPassword',
    'refreshToken',
    'token',
    'clientSecret',
    'Authorization',
    'cookie',
  ])('the field %s is left out, whatever it holds', (name) => {
    expect(redacted({ [name]: SECRET })).toEqual({ [name]: '…' })
    expect(JSON.stringify(redacted({ a: [{ [name]: { b: SECRET } }] }))).not.toContain(SECRET)
  })

  test('other text stays', () => {
    for (const text of [
      'https://storage.example/a/b.png?width=20&v=3',
      'compass: north',
      'The annotation key points of “dog”',
      'GET /api/v1/developer/datasets/ answered 401',
      'passport.png is damaged',
    ])
      expect(withoutSecrets(text)).toBe(text)
    expect(redacted({ monkey: 'x', files: 3, ok: true, none: null })).toEqual({
      monkey: 'x',
      files: 3,
      ok: true,
      none: null,
    })
  })

  test('truncating a long text does not expose a part of a secret', () => {
    for (let before = 1_960; before < 2_010; before++) {
      const text = `${' '.repeat(before)}https://user:${SECRET}@host`
      const left = String(redacted({ text }).text)
      expect(left).not.toContain(SECRET.slice(0, 6))
    }
  })

  test('no text is slow, and no value throws', () => {
    const start = performance.now()
    for (const piece of ['a', 'a-', 'token', '"', '\\"', 'https://', 'eyJ', '...', '"x" ', 'pass='])
      redacted({ text: piece.repeat(100_000) })
    expect(performance.now() - start).toBeLessThan(1_000)
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.anything()), (fields) => {
        JSON.stringify(redacted(fields))
      }),
    )
  })
})
