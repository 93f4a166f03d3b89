import type { Locator } from '@playwright/test'

/**
 * Records every value that an attribute of an element takes from now on. A state that is shown for a moment
 * is missed by a test that looks now and then. Answers a function that gives the values so far.
 */
export async function recordAttribute(
  element: Locator,
  name: string,
): Promise<() => Promise<string[]>> {
  const values = await element.evaluateHandle((node, attribute) => {
    const seen: string[] = []
    new MutationObserver(() => seen.push(node.getAttribute(attribute) ?? '')).observe(node, {
      attributeFilter: [attribute],
    })
    return seen
  }, name)
  return () => values.jsonValue()
}
