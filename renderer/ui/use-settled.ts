import { useEffect, useState } from 'react'

/** Debounces a value by so many milliseconds, to avoid a request for each key press. */
export function useSettled<T>(value: T, delayMs = 400): T {
  const [settled, setSettled] = useState(value)
  const key = JSON.stringify(value)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key holds what counts
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), delayMs)
    return () => clearTimeout(timer)
  }, [key, delayMs])
  return settled
}
