import { setFlagsFromString } from 'node:v8'

/**
 * V8 lets its young generation grow to 3 × 16 MB, and behind each young object may stand a buffer of a socket:
 * a transfer then holds 100 MB of what nobody needs any more. Collected more often it costs some processor time,
 * a tenth of a transfer's. Called once, before the core begins.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
}
