// Runs the core from source without a build; Node strips the types.
import { main } from '#hosts/cli.ts'

process.exitCode = await main(process.argv.slice(2), { cwd: process.cwd(), noWindowBecause: null })
