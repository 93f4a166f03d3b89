const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB']

/** 1,234,567 bytes as `1.2 MB` (decimal units, as for disks and networks). */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000
    unit++
  }
  const digits = unit === 0 || value >= 99.5 ? 0 : 1
  return `${value.toFixed(digits)} ${UNITS[unit]}`
}
