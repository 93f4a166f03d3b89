/** Helpers for dataset-relative paths, which always use forward slashes. */

export function fileNameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** The directory part without a trailing slash; '' at the root. */
export function directoryOf(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash < 0 ? '' : path.slice(0, slash)
}

/** `path` without its file extension. */
export function stemOf(path: string): string {
  const slash = path.lastIndexOf('/')
  const dot = path.lastIndexOf('.')
  return dot > slash + 1 ? path.slice(0, dot) : path
}

/** Converts a directory of the service, `/` or `/a/b`, to the local form: `` or `a/b`. */
export function trimSlashes(directory: string): string {
  return directory.replace(/^\/+|\/+$/g, '')
}

export function joinPath(directory: string, name: string): string {
  return directory === '' ? name : `${directory}/${name}`
}
