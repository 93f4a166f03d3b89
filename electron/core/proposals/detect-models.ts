import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { storedAs } from '#core/cache/stored-json.ts'
import { UserError } from '#core/user-error.ts'
import { identifyDetector } from '#shared/assist/detect-identify.ts'
import type { Detector } from '#shared/assist/detector.ts'
import type { SaidOfModel } from '#shared/assist/model-facts.ts'
import { messageOf } from '#shared/model/message-of.ts'

/** A model of this machine that can be asked for objects, or why it cannot. */
export type DetectModel = { id: string; name: string; version: string; file: string } & (
  | { detector: Detector; problem: null }
  | { detector: null; problem: string }
)

/** The models of this machine, wherever they came from. */
export interface DetectModels {
  list(): Promise<DetectModel[]>
  /** Throws a UserError when it is not there any more. */
  get(id: string): Promise<DetectModel>
}

/** What a file beside a model says of it. */
const besideSchema = z.object({
  name: z.string().optional(),
  version: z.string().optional(),
  classes: z.array(z.string()).optional(),
})

/** The models in a folder, told apart by what their files say. `factsOf` reads a file without running it. */
export class ModelFolder implements DetectModels {
  readonly #folder: string
  readonly #factsOf: (file: string) => Promise<SaidOfModel>
  /** By file and its time, as models are large. */
  readonly #known = new Map<string, Promise<DetectModel>>()

  constructor(folder: string, factsOf: (file: string) => Promise<SaidOfModel>) {
    this.#folder = folder
    this.#factsOf = factsOf
  }

  async list(): Promise<DetectModel[]> {
    const names = await readdir(this.#folder).catch((): string[] => [])
    return Promise.all(
      names.filter((name) => /\.onnx$/i.test(name)).map((name) => this.#read(name)),
    )
  }

  async get(id: string): Promise<DetectModel> {
    const file = join(this.#folder, basename(id))
    if (!(await stat(file).catch(() => null)))
      throw new UserError('model_gone', `The model ${id} is no longer on this machine.`)
    return this.#read(basename(id))
  }

  async #read(id: string): Promise<DetectModel> {
    const file = join(this.#folder, id)
    const { mtimeMs, size } = await stat(file)
    const key = `${id} ${mtimeMs} ${size}`
    const known = this.#known.get(key) ?? this.#identify(id, file)
    this.#known.set(key, known)
    return known
  }

  async #identify(id: string, file: string): Promise<DetectModel> {
    const beside = await readFile(file.replace(/\.onnx$/i, '.json'), 'utf8').catch(() => null)
    const said = storedAs(beside, besideSchema, {})
    const model = {
      id,
      file,
      name: said.name ?? id.replace(/\.onnx$/i, ''),
      version: said.version ?? '',
    }
    try {
      const hints = { fileName: id, ...(said.classes && { classes: said.classes }) }
      const identified = identifyDetector(await this.#factsOf(file), hints)
      return 'detector' in identified
        ? { ...model, detector: identified.detector, problem: null }
        : { ...model, detector: null, problem: identified.problem }
    } catch (error) {
      return { ...model, detector: null, problem: messageOf(error) }
    }
  }
}
