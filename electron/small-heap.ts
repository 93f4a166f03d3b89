import { setFlagsFromString } from 'node:v8'

/**
 * V8 lets its young generation grow to 3 × 16 MB, mostly garbage. This keeps its initial size. Import it before
 * everything else, because loading modules makes the heap grow.
 */
setFlagsFromString('--semi-space-growth-factor=1')
