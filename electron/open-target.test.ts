import { expect, test } from 'vitest'
import { openTarget } from './open-target.ts'

test.each([
  [undefined, null],
  ['', null],
  ['photos', '/home/ada/photos'],
  ['/data/photos', '/data/photos'],
  ['pictograph://dataset/1', 'pictograph://dataset/1'],
  ['file:///home/ada/My%20pictures/50%25', '/home/ada/My pictures/50%'],
  ['file://localhost/data/caf%C3%A9', '/data/café'],
  // A file of another machine is reported as missing.
  ['file://server/share', '/home/ada/file:/server/share'],
])('%s opens %s', (argument, target) => {
  if (process.platform === 'win32') return
  expect(openTarget(argument, '/home/ada')).toBe(target)
})
