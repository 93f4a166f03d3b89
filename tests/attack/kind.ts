import type { Dice } from './dice.ts'

/** One kind of hostile input. */
export interface AttackKind {
  /** What one input may take. */
  limits: {
    /** The thread that answers may compute this long without a pause. Milliseconds of the processor. */
    silentMs: number
    /** Milliseconds. */
    timeMs: number
    /** Memory of the process beyond what it had before. Bytes. */
    growthBytes: number
  }
  /** Share of all inputs. */
  share: number
  /** Called once in each process. */
  prepare(): Promise<Prepared>
}

export interface Prepared extends Partial<AsyncDisposable> {
  /**
   * Makes the input of a seed and gives it to the app. Rejects when the app does what it must not; that it refuses
   * the input is what it should do.
   */
  run(dice: Dice, place: Place): Promise<void>
}

/** Folders of one input. */
export interface Place {
  /** The input, kept when it fails. */
  input: string
  /** Where the app may write. What it writes elsewhere is a failure. */
  target: string
}

/** Errors of the language are faults of ours; the app’s own say what is wrong with the input. */
const OURS =
  /^(TypeError|RangeError|ReferenceError|AssertionError)\b|Cannot read prop|is not a function|Maximum call stack|Invalid (?:array|string) length/

export function requireTold(error: unknown): void {
  const text = String(error)
  if (OURS.test(text))
    throw new Error(`The app tripped: ${error instanceof Error ? error.stack : text}`)
}
