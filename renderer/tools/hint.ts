/** What the next presses do, one after the other; parts that do not apply are left out. */
export function hint(...parts: readonly (string | false | null)[]): string {
  return parts.filter((part) => part !== false && part !== null).join(' · ')
}
