import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { Stages } from './stages.ts'

test('a browser learns the local names of its files if the disk does not allow the original ones', async () => {
  using folder = temporaryFolder()
  const stages = new Stages(folder.path)
  const { stageId, folder: place } = await stages.create()
  const put = async (path: string, text: string) => {
    const address = path.split('/').map(encodeURIComponent).join('/')
    const request = new Request(`http://app/stage/${stageId}/${address}`, {
      method: 'PUT',
      body: text,
    })
    const answer = await stages.handle(request)
    expect(answer.status).toBe(201)
    return decodeURIComponent(await answer.text())
  }
  const read = (path: string) => readFileSync(join(place, path), 'utf8')
  const top = await put('my photos?/a.jpg', 'a')
  expect(await put('my photos?/b.jpg', 'b')).toBe(top)
  expect([read(`${top}/a.jpg`), read(`${top}/b.jpg`)]).toEqual(['a', 'b'])
  const names = [await put('con.jpg', '1'), await put('x.jpg', '2'), await put('x.jpg', '3')]
  expect(new Set(names).size).toBe(3)
  expect(names.map(read)).toEqual(['1', '2', '3'])
  expect(await put('100 %.jpg', '4')).toBe('100 %.jpg')
})
