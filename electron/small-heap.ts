import { setFlagsFromString } from 'node:v8'

/**
 * V8 lets its young generation grow to 3 × 16 MB, and behind each young object may stand a buffer of a socket: a
 * transfer then holds what nobody needs any more. It is kept as small as it begins, which costs no measurable
 * time. To be imported before everything else: what is loaded makes it grow.
 */
setFlagsFromString('--semi-space-growth-factor=1')
