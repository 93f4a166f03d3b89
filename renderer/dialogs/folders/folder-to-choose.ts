interface Listing {
  data: { path: string } | undefined
  /** The data is of the folder before, shown while the next one loads. */
  isPlaceholderData: boolean
  error: unknown
}

/** The folder that a picker offers to open; null while another one loads, or if it cannot be read. */
export function folderToChoose({ data, isPlaceholderData, error }: Listing): string | null {
  return error || isPlaceholderData || !data ? null : data.path
}
