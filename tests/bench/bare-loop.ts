/** The maximum for Node: a loop around undici that checks nothing, keeps no queue and cannot resume. */
import { readFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Agent, request } from 'undici'

const [list, folder] = process.argv.slice(2)
const addresses = readFileSync(list, 'utf8').split('\n')
const dispatcher = new Agent({ pipelining: 1 })
const AT_A_TIME = 64
let next = 0

async function fetchNext(): Promise<void> {
  for (let index = next++; index < addresses.length; index = next++) {
    const { body } = await request(addresses[index], { dispatcher })
    const part = join(folder, `${index}.part`)
    await writeFile(part, body)
    await rename(part, join(folder, `${index}.jpg`))
  }
}

await Promise.all(Array.from({ length: AT_A_TIME }, fetchNext))
process.exit(0)
