import { AxeBuilder } from '@axe-core/playwright'
import { expect, type Page } from '@playwright/test'

/** Colors change slowly: in between, their contrast is another one. Spinners never end. */
async function endOfTransitions(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const ending = document
      .getAnimations()
      .filter(
        ({ playState, effect }) =>
          playState === 'running' &&
          effect?.getComputedTiming().endTime !== Number.POSITIVE_INFINITY,
      )
    // A transition that another one replaces is cancelled, and rejects.
    await Promise.allSettled(ending.map(({ finished }) => finished))
  })
}

/** Axe finds no serious problem. */
export async function expectAccessible(page: Page): Promise<void> {
  await endOfTransitions(page)
  const { violations } = await new AxeBuilder({ page }).analyze()
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  expect(
    serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`),
  ).toEqual([])
}

/** Follows the system's theme. The page hears of it with its next frame, and its colors change slowly. */
export async function showTheme(page: Page, colorScheme: 'dark' | 'light'): Promise<void> {
  await page.emulateMedia({ colorScheme })
  await expect(page.locator('html')).toHaveAttribute('data-theme', colorScheme)
  await endOfTransitions(page)
}

/** The same in the light and the dark theme; leaves the light one. */
export async function expectAccessibleInBothThemes(page: Page): Promise<void> {
  for (const colorScheme of ['dark', 'light'] as const) {
    await showTheme(page, colorScheme)
    await expectAccessible(page)
  }
}
