/** The machine-readable reason of an error of the engine, such as `class_taken`; null if it has none. */
export function reasonOf(error: unknown): string | null {
  const data = typeof error === 'object' && error !== null && 'data' in error ? error.data : null
  const reason = typeof data === 'object' && data !== null && 'reason' in data ? data.reason : null
  return typeof reason === 'string' ? reason : null
}
