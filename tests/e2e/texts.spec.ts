import { join } from 'node:path'
import type { Page } from '@playwright/test'
import Database from 'better-sqlite3'
import { DATABASE_FILE } from '#core/cache/database.ts'
import { expect, test } from './fixture.ts'

/**
 * The texts of a page that are not in the catalogue: texts, names of controls and their values, without keys and
 * user-given names.
 */
async function unmarked(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found = new Set<string>()
    const look = (text: string | null) => {
      let rest = (text ?? '').replace(
        /(?:(?:Ctrl|Shift|Alt)\+)*(?:Ctrl|Shift|Alt)\+[^⟦⟧\s]+|\b(?:Ctrl|Alt|Shift|Enter|Esc|Backspace|Delete|Tab|Space|Home|End|PageUp|PageDown)\b/g,
        '',
      )
      // Inserted values are outside of the marks.
      rest = rest
        .replace(/⟦[^⟦⟧]*⟧/g, ' ')
        .replace(/\s+/g, ' ')
        .trim()
      if (/\p{L}{2}/u.test(rest)) found.add(rest)
    }
    for (const element of document.querySelectorAll('body *')) {
      if (element.closest('kbd, code, script, style, [data-name]')) continue
      for (const node of element.childNodes)
        if (node.nodeType === Node.TEXT_NODE) look(node.textContent)
      for (const name of [
        'aria-label',
        'title',
        'placeholder',
        'alt',
        'aria-roledescription',
        'aria-valuetext',
      ])
        look(element.getAttribute(name))
    }
    return [...found]
  })
}

/** Names of the sample dataset, formats and products, and messages of the core. */
const NAMES =
  /\.(?:jpg|png)|^\/|^(?:aerial|faces?|lanes?|streets?|traffic|car|bus|person|boat|island|pond|house|roads?|nose|head|harbour|people|day|dusk|night|(?:left|right) (?:eye|hand|foot)|mouth.*)\b|Pictograph|labelme|X-AnyLabeling|CVAT|COCO|YOLO|Pascal VOC|VGG VIA|Datumaro|DOTA|Darwin|Label Studio|Labelbox|Hugging Face|MOT|PNG masks|CSV|Sample dataset|px|ms|MB|GB|kB|^(?:left|right)_|Import Pictograph|^\d+\/\d+\/\d+,/i

test('every text of the interface is in the catalogue', async ({ app }) => {
  await app.start()
  await app.stop()
  const db = new Database(join(app.dataDir, DATABASE_FILE))
  db.prepare('INSERT OR REPLACE INTO setting (key, value) VALUES (?, ?)').run(
    'settings',
    JSON.stringify({ language: 'en-XA' }),
  )
  db.close()
  const page = await app.start()
  const expectMarked = async (where: string) => {
    const missing = (await unmarked(page)).filter((text) => !NAMES.test(text))
    expect.soft([where, missing]).toEqual([where, []])
  }
  await expect(page.getByText('⟦Try the sample dataset⟧')).toBeVisible()
  await expectMarked('the start screen')
  await page.getByText('⟦Try the sample dataset⟧').click()
  await app.canvas.ready()
  await expectMarked('the canvas')
  await page
    .getByRole('list', { name: /annotations/ })
    .getByRole('listitem')
    .first()
    .getByRole('button', { name: /^⟦Select/ })
    .click()
  await expectMarked('a selected shape')
  await page.keyboard.press('ControlOrMeta+g')
  await expect(page.getByRole('listbox').getByRole('option').first()).toBeVisible()
  await expectMarked('the grid')
  await page.keyboard.press('ControlOrMeta+g')
  await app.canvas.ready()
  for (const [key, name] of [
    ['?', 'Shortcuts'],
    ['ControlOrMeta+Shift+E', 'Export'],
    ['ControlOrMeta+i', 'Import labels'],
    ['ControlOrMeta+Shift+P', 'Propagate to the next images'],
  ] as const) {
    await page.keyboard.press(key)
    await expect(page.getByRole('dialog', { name: `⟦${name}⟧` })).toBeVisible()
    await expectMarked(name)
    await page.keyboard.press('Escape')
    await expect(page.getByRole('dialog')).toHaveCount(0)
  }
  await page.keyboard.press('ControlOrMeta+k')
  await expect(page.getByPlaceholder('⟦Type a command')).toBeFocused()
  await expectMarked('the palette')
  await page.keyboard.press('Escape')
  await page.keyboard.press('ControlOrMeta+,')
  const dialog = page.getByRole('dialog', { name: '⟦Settings⟧' })
  const tabs = dialog.getByRole('tab')
  await expect(tabs).toHaveCount(9)
  for (const tab of await tabs.all()) {
    await tab.click()
    const name = await tab.textContent()
    await expect(dialog.getByRole('tabpanel', { name: name ?? '' })).toBeVisible()
    await expectMarked(`settings, ${name}`)
  }
})
