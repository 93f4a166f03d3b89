import { hostname, networkInterfaces } from 'node:os'
import { expect, test } from 'vitest'
import { isThisMachine } from './this-machine.ts'

test.each([
  'http://localhost/',
  'http://LOCALHOST:80/',
  'http://localhost./',
  'http://a.localhost/',
  'http://a.b.localhost.:9/',
  'http://localhost.localdomain/',
  'http://ip6-localhost/',
  'http://127.0.0.1/',
  'http://127.1/',
  'http://127.200.3.4/',
  'http://2130706433/',
  'http://0x7f.1/',
  'http://0177.0.0.1/',
  'http://0/',
  'http://0.0.0.0:22/',
  'http://①②⑦.⓪.⓪.①/',
  'http://[::1]/',
  'http://[::]/',
  'http://[0:0:0:0:0:0:0:1]/',
  'http://[::ffff:127.0.0.1]/',
  'http://[::ffff:7f00:1]/',
  'http://[::127.0.0.1]/',
  'http://[64:ff9b::127.0.0.1]/',
  'http://[2002:7f00:1::]/',
  'http://[fe80::1]/',
  'http://169.254.169.254/latest/meta-data',
  'http://[::ffff:169.254.169.254]/',
  `http://${hostname()}/`,
])('%s is this machine', (address) => {
  expect(isThisMachine(new URL(address))).toBe(true)
})

test('so is each of its own addresses', () => {
  for (const list of Object.values(networkInterfaces()))
    for (const { address, family } of list ?? [])
      expect(
        isThisMachine(new URL(`http://${family === 'IPv6' ? `[${address}]` : address}/`)),
      ).toBe(true)
})

test.each([
  'https://storage.example/',
  'https://api.pictograph.io/',
  'https://localhost.example/',
  'https://notlocalhost/',
  'https://198.51.100.7/',
  'https://128.0.0.1/',
  'https://[2001:db8::1]/',
  'https://[::ffff:198.51.100.7]/',
  'https://10.20.30.40/',
])('%s is another', (address) => {
  expect(isThisMachine(new URL(address))).toBe(false)
})
