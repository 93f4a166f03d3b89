/** Joins the parts of a hint, and leaves out those that do not apply. */
export function hint(...parts: readonly (string | false | null)[]): string {
  return parts.filter((part) => part !== false && part !== null).join(' · ')
}
