/** Asks for a picture when this process may open no more files; tells what is answered. */
import { openSync } from 'node:fs'
import { coreWithImages } from '#tests/helpers/core.ts'

const setup = await coreWithImages(['a.png'])
const [image] = setup.list()
const ask = async () => {
  const response = await setup.core.media(new Request(`http://x/media/image/${image.id}`))
  return { status: response.status, text: (await response.text()).slice(0, 500) }
}
await ask()
const taken: number[] = []
try {
  for (;;) taken.push(openSync('/dev/null', 'r'))
} catch {
  // EMFILE: that is what was wanted.
}
const answer = await ask()
process.stdout.write(`${JSON.stringify({ ...answer, taken: taken.length })}\n`)
process.exit(0)
