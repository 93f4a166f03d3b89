/** What a process that the memory guard ended wrote to its error output. */
export const OUT_OF_MEMORY = 'out of memory'

/** What V8 and the allocators of native code write before they abort, if the guard was not first. */
const WORDS =
  /heap out of memory|allocation failed|bad_alloc|out of memory|invalid (?:array|table) (?:length|size)/i

/** Whether a process with these last words ran out of memory. */
export const ranOutOfMemory = (words: string): boolean => WORDS.test(words)
