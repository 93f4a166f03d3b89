import type { Locator } from '@playwright/test'

/**
 * Records every value of an element's attribute from now on, because polling would miss a state that is shown only
 * briefly. Returns a function that gives the values so far.
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
