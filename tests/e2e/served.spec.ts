import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { WebSocket } from 'ws'
import { writeImage } from '#tests/helpers/core.ts'
import { engineIsSeparate, expect, test } from './fixture.ts'

test.skip(!engineIsSeparate, 'only what is served to a browser has a session')

test('another web server of this machine learns nothing that gives access to the core', async ({
  app,
  folder,
}) => {
  await writeImage(join(folder, 'a.png'))
  const page = await app.start(folder)
  await app.canvas.ready()
  const own = new URL(page.url())
  let cookie = ''
  const neighbour = createServer((request, response) => {
    cookie ||= request.headers.cookie ?? ''
    response.end('<!doctype html>')
  })
  await once(neighbour.listen(0, '127.0.0.1'), 'listening')
  const there = `http://127.0.0.1:${(neighbour.address() as AddressInfo).port}`
  const other = await page.context().newPage()
  await other.goto(there)
  // Browsers send the cookie there, so it must not be enough.
  expect(cookie).toMatch(/^pictograph_/)
  expect(await other.evaluate(() => JSON.stringify(localStorage))).toBe('{}')
  const refused = new WebSocket(`ws://${own.host}/rpc`, { headers: { cookie, origin: own.origin } })
  const [error] = (await once(refused, 'error')) as [Error]
  expect(error.message).toContain('403')
  expect((await fetch(own, { headers: { cookie } })).status).toBe(200)
  neighbour.close()
})

test('the address contains no secret, and a reopened browser is still signed in', async ({
  app,
  folder,
}) => {
  await writeImage(join(folder, 'a.png'))
  const page = await app.start(folder)
  await app.canvas.ready()
  const { pathname, search, hash } = new URL(page.url())
  expect(pathname + search).toBe('/')
  // Only the page's place, nothing else.
  expect([...new URLSearchParams(hash.slice(1)).keys()]).toEqual(['dataset', 'image'])
  const engine = await app.killEngine()
  await page.context().clearCookies()
  await engine.revive()
  await page.reload()
  await app.canvas.ready()
})

test('the file that starts the browser redirects to the app', async ({ app, folder }) => {
  const page = await app.start()
  const other = await page.context().browser()?.newContext()
  if (!other) throw new Error('No browser')
  // A used address makes the terminal print a new one.
  const used = await fetch(`${new URL(page.url()).origin}/?token=used`)
  expect(used.status).toBe(403)
  await expect.poll(() => app.newAddress()).toContain('token=')
  const file = join(folder, 'open.html')
  writeFileSync(file, `<meta http-equiv="refresh" content="0;url=${app.newAddress()}">`)
  const entering = await other.newPage()
  await entering.goto(`file://${file}`)
  await expect(entering.getByRole('heading', { name: 'Pictograph Desktop' })).toBeVisible()
  await other.close()
})

test('signing out ends every window permanently', async ({ app }) => {
  const page = await app.start()
  const second = await page.context().newPage()
  await second.goto(page.url())
  await expect(second.getByRole('heading', { name: 'Pictograph Desktop' })).toBeVisible()
  await page.keyboard.press('ControlOrMeta+k')
  await page.getByRole('combobox').fill('Sign out')
  await page.getByRole('option', { name: /Sign out/ }).click()
  await expect(page.getByRole('heading', { name: 'Not signed in' })).toBeVisible()
  await second.reload()
  await expect(second.getByRole('heading', { name: 'Not signed in' })).toBeVisible()
})
