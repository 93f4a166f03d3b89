/** The first check of every entry point, because all other code needs Node 22.12 or newer. */
export function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 22 || (major === 22 && minor >= 18)) return
  process.stderr.write(
    `This needs Node 22.18 or newer; npm scripts run on ${process.versions.node}.\n` +
      'Run `npm ci` with install scripts enabled: it brings Node 24 along. Or install Node 24.\n',
  )
  process.exit(1)
}
