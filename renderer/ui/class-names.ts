import { twMerge } from 'tailwind-merge'

/** Joins class names, leaving out what is false; of two that set the same property the later one counts. */
export function classNames(...names: (string | false | null | undefined)[]): string {
  return twMerge(names)
}
