import { setFlagsFromString } from 'node:v8'

/**
 * V8 grows where it can: its young generation to 3 × 16 MB (behind each young object may stand a buffer of a
 * socket), the rest to twice what is in use before it collects anew. A transfer then holds a hundred megabytes of
 * what nobody needs any more. Both are held down, for a tenth more processor time and none on the clock. To be
 * imported before everything else: what is loaded makes the heap grow.
 */
setFlagsFromString('--semi-space-growth-factor=1')
setFlagsFromString('--heap-growing-percent=20')
