import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatLink, parseLink } from './link.ts'

test('a link survives a round trip', () => {
  fc.assert(
    fc.property(fc.uuid(), fc.option(fc.uuid()), (datasetId, imageId) => {
      expect(parseLink(formatLink({ datasetId, imageId }))).toEqual({ datasetId, imageId })
    }),
  )
})

const ID = '0f8fad5b-d9cb-469f-a165-70867728950e'

test.each([
  '',
  'pictograph:',
  'pictograph://dataset',
  'pictograph://dataset/',
  `pictograph://dataset/${ID}x`,
  `pictograph://dataset/../../etc/passwd`,
  `pictograph://dataset/${ID}/image`,
  `pictograph://dataset/${ID}/image/..`,
  `pictograph://dataset/${ID}/image/${ID}/more`,
  `pictograph://dataset/${ID}/delete/${ID}`,
  `pictograph://dataset/${ID}?key=pk_live_x`,
  `pictograph://dataset/${ID}#x`,
  `pictograph://user:pass@dataset/${ID}`,
  `pictograph://dataset:80/${ID}`,
  `pictograph://account/${ID}`,
  `https://dataset/${ID}`,
  `file:///dataset/${ID}`,
  `javascript:alert(1)`,
])('%s is not a link of this app', (text) => {
  expect(parseLink(text)).toBeNull()
})
