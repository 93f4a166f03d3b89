import { ValidationError } from './errors.ts'

/** The Python client's names of some options, in lower case without underscores. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  folder: 'directoryPath',
  retryafter: 'retries',
  timeoutms: 'timeout',
  maxconcurrency: 'maxWorkers',
  metadata: 'attributes',
}

const plain = (name: string) => name.replaceAll(/[_-]/g, '').toLowerCase()

/** An unknown option is an error, because a typo must not silently change a call. */
export function unknownOption(
  where: string,
  name: string,
  known: readonly string[],
): ValidationError {
  const wanted = plain(OTHER_NAMES[plain(name)] ?? name)
  const meant = known.find((one) => plain(one) === wanted)
  const advice =
    meant !== undefined
      ? `; did you mean “${meant}”?`
      : known.length > 0
        ? `; it takes ${known.join(', ')}`
        : ''
  const message = `${where} has no option “${name}”${advice}`
  return new ValidationError(message, { route: where }, [{ field: name, message }])
}

/** Throws a ValidationError for an option that is not in `known`. */
export function refuseUnknown(where: string, options: object, known: readonly string[]): void {
  for (const name of Object.keys(options))
    if (!known.includes(name)) throw unknownOption(where, name, known)
}

/**
 * Renames options to the service's names. `names`: ours and the service's. Leaves out undefined values. Throws a
 * ValidationError for an unknown option.
 */
export function wireFields(
  where: string,
  options: object,
  names: Readonly<Record<string, string>>,
): Record<string, unknown> {
  refuseUnknown(where, options, Object.keys(names))
  return Object.fromEntries(
    Object.entries(options).flatMap(([name, value]) =>
      value === undefined ? [] : [[names[name], value]],
    ),
  )
}
