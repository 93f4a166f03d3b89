import type { MenuItemConstructorOptions } from 'electron'
import { expect, test, vi } from 'vitest'
import { ACTION_GROUPS, type MenuAction } from '#shared/contract/window.ts'
import { toAccelerator } from './accelerator.ts'
import { menuTemplate } from './menu.ts'

const KEYS: Readonly<Record<string, string>> = {
  next: 'D',
  copy: 'Mod+C',
  paste: 'Mod+V',
  undo: 'Mod+Z',
  'select-all': 'Mod+A',
  export: 'Mod+Shift+E',
}
const actions: MenuAction[] = [
  ...Object.entries(KEYS).map(([id, key]) => ({ id, key, group: 'Edit' as const })),
  ...ACTION_GROUPS.map((group) => ({ id: `one-of-${group}`, key: null, group })),
].map((action) => ({ ...action, label: action.id, enabled: action.id !== 'export' }))

function made(isMac: boolean) {
  const run = vi.fn()
  const open = vi.fn()
  const newWindow = vi.fn()
  const recent = [{ name: 'Dogs & cats', target: '/pictures/dogs' }]
  const template = menuTemplate(actions, { isMac, recent, run, open, newWindow })
  return { template, all: flat(template), run, open, newWindow }
}

function flat(items: readonly MenuItemConstructorOptions[]): MenuItemConstructorOptions[] {
  return items.flatMap((item) => [item, ...(Array.isArray(item.submenu) ? flat(item.submenu) : [])])
}

const press = (item: MenuItemConstructorOptions | undefined, triggeredByAccelerator = false) =>
  item?.click?.({} as never, undefined as never, { triggeredByAccelerator })

test.each([true, false])(
  'every action is in the menu, once, with what runs it (Mac: %s)',
  (isMac) => {
    const { all, run } = made(isMac)
    for (const { id } of actions) {
      const entries = all.filter((item) => item.id === id)
      expect([id, entries.length]).toEqual([id, 1])
      press(entries[0], true)
      expect(run).toHaveBeenLastCalledWith(id, true)
    }
    expect(all.find(({ id }) => id === 'export')?.enabled).toBe(false)
  },
)

test.each([true, false])(
  'nothing in it reloads the page, and no usual key closes a window (Mac: %s)',
  (isMac) => {
    const { all } = made(isMac)
    const roles = all.map(({ role }) => role?.toLowerCase())
    for (const role of [
      'reload',
      'forcereload',
      'resetzoom',
      'zoomin',
      'zoomout',
      'viewmenu',
      'filemenu',
      'editmenu',
    ])
      expect(roles).not.toContain(role)
    // Mac users expect Cmd+W; the page may prevent closing.
    expect(roles.includes('close')).toBe(isMac)
    expect(all.map(({ accelerator }) => accelerator)).not.toContain('CmdOrCtrl+W')
  },
)

test('the menu shows keys and the page handles them; a Mac’s menu handles those with Cmd, except text keys', () => {
  const other = made(false).all.filter(({ id }) => id !== undefined)
  expect(
    other.every(
      ({ accelerator, registerAccelerator }) => !accelerator || registerAccelerator === false,
    ),
  ).toBe(true)
  expect(other.find(({ id }) => id === 'next')?.accelerator).toBe('D')
  const mac = made(true).all
  expect(mac.find(({ id }) => id === 'export')).toMatchObject({
    accelerator: 'CmdOrCtrl+Shift+E',
    registerAccelerator: true,
  })
  for (const id of ['next', 'copy', 'paste', 'select-all'])
    expect([id, mac.find((item) => item.id === id)?.accelerator]).toEqual([id, undefined])
  expect(mac.map(({ role }) => role)).toEqual(
    expect.arrayContaining(['appMenu', 'copy', 'paste', 'windowMenu']),
  )
})

test('recent datasets and new windows are in the file menu; an ampersand is not an access key', () => {
  const { all, open, newWindow } = made(false)
  press(all.find(({ label }) => label === 'Dogs && cats'))
  expect(open).toHaveBeenCalledExactlyOnceWith('/pictures/dogs')
  press(all.find(({ label }) => label === 'New window'))
  expect(newWindow).toHaveBeenCalledOnce()
})

test('without a page there is still a menu, without empty submenus', () => {
  const template = menuTemplate([], {
    isMac: false,
    recent: [],
    run: () => {},
    open: () => {},
    newWindow: () => {},
  })
  expect(template.map(({ label }) => label)).toEqual(['&File', '&View', '&Window'])
})

test.each([
  ['Mod+Shift+Z', 'CmdOrCtrl+Shift+Z'],
  ['A', 'A'],
  ['Mod++', 'CmdOrCtrl+Plus'],
  ['+', 'Plus'],
  ['Mod+,', 'CmdOrCtrl+,'],
  ['Shift+ArrowLeft', 'Shift+Left'],
  ['Escape', 'Esc'],
  ['F9', 'F9'],
  ['?', null],
  ['Ä', null],
])('the shortcut %s is written %s', (shortcut, accelerator) => {
  expect(toAccelerator(shortcut)).toBe(accelerator)
})
