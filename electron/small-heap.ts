import { setFlagsFromString } from 'node:v8'

/**
 * V8 lets its young generation grow to 3 × 16 MB: tens of megabytes of what nobody needs any more. It is held at its
 * first size. To be imported before everything else: what is loaded makes the heap grow.
 */
setFlagsFromString('--semi-space-growth-factor=1')
