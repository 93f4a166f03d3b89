/** `npm run -s bench -- NAME [--json]`: runs one bench and prints its figures. */
import { parseArgs } from 'node:util'
import { benchAssist } from './assist.ts'
import { benchDetect } from './assist-detect.ts'
import { benchClient } from './client.ts'
import { benchEditor } from './editor.ts'
import { benchEdits } from './edits.ts'
import { benchFormats } from './formats.ts'
import { benchGallery } from './gallery.ts'
import { benchHandwork } from './handwork.ts'
import { benchLines } from './lines.ts'
import type { Figure } from './measure.ts'
import { benchScale } from './scale.ts'
import { benchScan } from './scan.ts'
import { benchStartup } from './startup.ts'
import { benchSync } from './sync.ts'
import { benchTransfer } from './transfer.ts'

const BENCHES: Record<string, () => Promise<Figure[]>> = {
  'assist-detect': benchDetect,
  scan: benchScan,
  scale: benchScale,
  edits: benchEdits,
  formats: benchFormats,
  gallery: benchGallery,
  editor: benchEditor,
  assist: benchAssist,
  handwork: benchHandwork,
  client: benchClient,
  lines: benchLines,
  sync: benchSync,
  startup: benchStartup,
  transfer: () => benchTransfer(),
  'transfer-down': () => benchTransfer('down'),
  'transfer-up': () => benchTransfer('up'),
  'transfer-many': () => benchTransfer('many'),
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean' } },
})
const [name] = positionals
const bench = BENCHES[name ?? '']
if (!bench) {
  process.stderr.write(`Which bench? One of: ${Object.keys(BENCHES).join(', ')}\n`)
  process.exit(2)
}

const shown = (value: number) =>
  value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3)

function row({ name: what, value, unit, baseline, ratio }: Figure): string {
  const compared =
    baseline && ratio ? `  ${shown(ratio)} × ${baseline.name} (${shown(baseline.value)})` : ''
  return `${what.padEnd(30)} ${shown(value).padStart(10)} ${unit.padEnd(14)}${compared}`
}

const figures = await bench()
process.stdout.write(
  values.json
    ? `${JSON.stringify({ bench: name, figures })}\n`
    : `${figures.map(row).join('\n')}\n`,
)
process.exit(0)
