/** `$12.34`; amounts below a cent with as many digits as they need. `microUsd`: millionths of a dollar. */
export function formatMicroUsd(microUsd: number): string {
  const dollars = microUsd / 1_000_000
  if (microUsd !== 0 && Math.abs(dollars) < 0.01)
    return `${dollars < 0 ? '-' : ''}$${Math.abs(dollars).toFixed(6).replace(/0+$/, '')}`
  return dollars.toLocaleString('en-US', { style: 'currency', currency: 'USD' })
}
