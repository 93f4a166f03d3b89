import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { copyFile, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { writeFileAtomic } from '#core/atomic-file.ts'
import { makeFolder } from '#core/make-folder.ts'
import { PRIVATE_FILE, PRIVATE_FOLDER } from '#core/private-files.ts'
import { safeSegment } from '#core/safe-names.ts'
import { codeOf, toUserError, UserError } from '#core/user-error.ts'
import { identifyDetector } from '#shared/assist/detect-identify.ts'
import {
  DECODER_NAMES,
  ENCODER_NAMES,
  type SegmentPair,
  segmentPairs,
  segmentPartOf,
} from '#shared/assist/segment-identify.ts'
import { newId } from '#shared/model/annotation.ts'
import {
  type AssistModel,
  type ModelRecord,
  modelRecordSchema,
  type SegmentEngine,
} from '#shared/model/assist-model.ts'
import { messageOf } from '#shared/model/message-of.ts'
import type { Inference } from './inference.ts'
import type { ModelFacts } from './orders.ts'

export interface StoredModel extends AssistModel {
  /** Absolute. */
  file: string
  /** null: the file could not be read as a model. */
  facts: ModelFacts | null
}

interface Deps {
  /** Absolute; made when something is added. */
  folder: string
  inference: { interactive: Inference; background: Inference }
  onChange: () => void
}

const ENDING = '.onnx'
/** Of a model that is on its way; swept at the next start. */
const PART = '.part'

/**
 * The models on this machine: files of a folder, each with a record beside it (`name.onnx`, `name.json`). The folder
 * tells all, so one that is copied here from another machine is simply there.
 */
export class Models {
  readonly #deps: Deps
  readonly #known = new Map<
    string,
    { version: string; facts: ModelFacts | null; trouble: string }
  >()

  constructor(deps: Deps) {
    this.#deps = deps
  }

  get folder(): string {
    return this.#deps.folder
  }

  /** By name. */
  async list(): Promise<StoredModel[]> {
    const names = await readdir(this.folder).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return []
      throw toUserError(error, this.folder)
    })
    const ours = names.filter((name) => name.toLowerCase().endsWith(ENDING)).sort()
    const models: StoredModel[] = []
    for (const name of ours) {
      const model = await this.#describe(name)
      if (model) models.push(model)
    }
    return models
  }

  async get(id: string): Promise<StoredModel> {
    // An id is a name in the folder, never a path.
    const model = basename(id) === id ? await this.#describe(id) : null
    if (!model) throw new UserError('no_model', `The model ${id} is not there any more.`)
    return model
  }

  /** Encoders and decoders that belong together. */
  async engines(): Promise<SegmentEngine[]> {
    const models = await this.list()
    return this.#pairs(models).map(({ encoder, decoder }) => ({
      id: `${encoder.id}/${decoder.id}`,
      name: nameOfPair(models.find(({ id }) => id === encoder.id)?.name ?? encoder.id),
      family: DECODER_NAMES[decoder.form],
    }))
  }

  /** The two files of an engine. Throws a UserError when it is gone. */
  async engine(
    id: string,
  ): Promise<{ pair: SegmentPair; encoder: StoredModel; decoder: StoredModel }> {
    const models = await this.list()
    const pair = this.#pairs(models).find(
      ({ encoder, decoder }) => `${encoder.id}/${decoder.id}` === id,
    )
    const encoder = models.find((model) => model.id === pair?.encoder.id)
    const decoder = models.find((model) => model.id === pair?.decoder.id)
    if (!pair || !encoder || !decoder)
      throw new UserError(
        'no_model',
        'The chosen model is not there any more. Choose another one, or add it again.',
      )
    return { pair, encoder, decoder }
  }

  /**
   * Copies a file here; it is taken only when it is a model. `record`: what is known of it beforehand. Throws a
   * UserError, and nothing is left behind then.
   */
  async add(file: string, record: Partial<ModelRecord> = {}): Promise<StoredModel> {
    await makeFolder(this.folder, PRIVATE_FOLDER)
    const part = this.newPart()
    try {
      await copyFile(file, part).catch((error: unknown) => {
        throw toUserError(error, file)
      })
      return await this.take(part, basename(file), record)
    } finally {
      await rm(part, { force: true })
    }
  }

  /** Where something that is fetched can be written, in the folder and out of the list; absolute. */
  newPart(): string {
    return join(this.folder, `.${newId()}${PART}`)
  }

  /**
   * Takes a file of `newPart` into the list, under a name like `fileName`. What is there already with the same content
   * is not doubled. Throws a UserError.
   */
  async take(part: string, fileName: string, record: Partial<ModelRecord>): Promise<StoredModel> {
    const facts = await this.#deps.inference.background.facts(part).catch((error: unknown) => {
      const words = messageOf(error).replaceAll(part, fileName)
      throw new UserError(error instanceof UserError ? error.reason : 'model_broken', words, {
        cause: error,
      })
    })
    const sha256 = await sha256Of(part)
    if (record.sha256 && record.sha256.toLowerCase() !== sha256)
      throw new UserError(
        'model_checksum',
        `${fileName} is not the file that was promised: its SHA-256 is ${sha256}, not ${record.sha256}. Nothing was kept.`,
      )
    const twin = (await this.list()).find((model) => model.sha256 === sha256)
    if (twin) return twin
    const name = await this.#freeName(fileName)
    await writeFileAtomic(
      join(this.folder, `${stemOf(name)}.json`),
      `${JSON.stringify({ name: stemOf(name), ...record, sha256 }, null, 2)}\n`,
      PRIVATE_FILE,
    )
    await rename(part, join(this.folder, name))
    this.#known.set(name, { version: await this.#version(name), facts, trouble: '' })
    this.#deps.onChange()
    return this.get(name)
  }

  async remove(id: string): Promise<void> {
    const { file } = await this.get(id)
    const { interactive, background } = this.#deps.inference
    await Promise.all([interactive.release(file), background.release(file)])
    await rm(file, { force: true })
    await rm(join(this.folder, `${stemOf(id)}.json`), { force: true })
    this.#known.delete(id)
    this.#deps.onChange()
  }

  /** What an earlier run left behind in the middle of fetching. */
  async sweep(): Promise<void> {
    for (const name of await readdir(this.folder).catch(() => []))
      if (name.startsWith('.') && name.endsWith(PART))
        await rm(join(this.folder, name), { force: true })
  }

  async #describe(name: string): Promise<StoredModel | null> {
    const file = join(this.folder, name)
    const info = await stat(file).catch(() => null)
    if (!info?.isFile()) return null
    const version = `${info.size} ${info.mtimeMs}`
    let known = this.#known.get(name)
    if (known?.version !== version) {
      known = await this.#deps.inference.background.facts(file).then(
        (facts) => ({ version, facts, trouble: '' }),
        (error: unknown) => ({ version, facts: null, trouble: messageOf(error) }),
      )
      this.#known.set(name, known)
    }
    const record = await this.#record(name)
    const taken = known.facts
      ? takenFor(known.facts, name, record)
      : { use: null, takenFor: known.trouble }
    return { ...record, ...taken, id: name, file, facts: known.facts, sizeBytes: info.size }
  }

  /** What stands beside a file; a record that cannot be read is no reason to hide the model. */
  async #record(name: string): Promise<ModelRecord> {
    const text = await readFile(join(this.folder, `${stemOf(name)}.json`), 'utf8').catch(() => '{}')
    const given: unknown = (() => {
      try {
        return JSON.parse(text)
      } catch {
        return {}
      }
    })()
    const named = { name: stemOf(name), ...(typeof given === 'object' ? given : {}) }
    const parsed = modelRecordSchema.safeParse(named)
    return parsed.success ? parsed.data : modelRecordSchema.parse({ name: stemOf(name) })
  }

  async #freeName(fileName: string): Promise<string> {
    const stem = stemOf(safeSegment(fileName)) || 'model'
    const taken = new Set((await readdir(this.folder)).map((name) => stemOf(name).toLowerCase()))
    for (let number = 1; ; number++) {
      const free = number === 1 ? stem : `${stem}-${number}`
      if (!taken.has(free.toLowerCase())) return `${free}${ENDING}`
    }
  }

  async #version(name: string): Promise<string> {
    const { size, mtimeMs } = await stat(join(this.folder, name))
    return `${size} ${mtimeMs}`
  }

  #pairs(models: readonly StoredModel[]): SegmentPair[] {
    const parts = models.flatMap(({ id, facts }) => {
      const part = facts && segmentPartOf(facts)
      return part ? [{ id, part }] : []
    })
    return segmentPairs(
      parts.flatMap(({ id, part }) => (part.role === 'encoder' ? [{ id, form: part.form }] : [])),
      parts.flatMap(({ id, part }) => (part.role === 'decoder' ? [{ id, form: part.form }] : [])),
    )
  }
}

/** The encoder's name without that word. */
const nameOfPair = (name: string): string =>
  name.replace(/[-_. ]*encoder[-_. ]*/i, ' ').trim() || name

/** What a model was taken for and why, in a sentence. */
function takenFor(
  facts: ModelFacts,
  fileName: string,
  { classes }: ModelRecord,
): Pick<AssistModel, 'use' | 'takenFor'> {
  const part = segmentPartOf(facts)
  if (part?.role === 'encoder')
    return {
      use: 'segment-encoder',
      takenFor: `The image encoder of ${ENCODER_NAMES[part.form]}, because ${part.why}.`,
    }
  if (part?.role === 'decoder')
    return {
      use: 'segment-decoder',
      takenFor: `The mask decoder of ${DECODER_NAMES[part.form]}, because ${part.why}.`,
    }
  const identified = identifyDetector(facts, { fileName, ...(classes && { classes }) })
  return 'detector' in identified
    ? { use: 'detect', takenFor: `${identified.detector.title}: ${identified.detector.why}` }
    : { use: null, takenFor: identified.problem }
}

const stemOf = (name: string): string => name.replace(/\.(onnx|json)$/i, '')

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
