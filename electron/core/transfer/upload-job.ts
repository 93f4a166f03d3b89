import { rm } from 'node:fs/promises'
import { z } from 'zod'
import { isExpired, putFile } from '#core/api/client.ts'
import { contentTypeOf } from '#core/api/images.ts'
import { fromRemoteImage } from '#core/api/wire-dataset.ts'
import type { TransferItem } from '#core/cache/transfer-repository.ts'
import { holdHeap, MANY_FILES, onPassed } from '#core/memory.ts'
import { isGeneral, isPassing } from '#core/service-error.ts'
import type { Threads } from '#core/threads/threads.ts'
import { ThreadLostError } from '#core/threads/wire-error.ts'
import { toUserError, UserError } from '#core/user-error.ts'
import { assertNever } from '#shared/model/assert-never.ts'
import { counted } from '#shared/model/counted.ts'
import { messageOf } from '#shared/model/message-of.ts'
import { directoryOf, fileNameOf, joinPath, trimSlashes } from '#shared/model/paths.ts'
import { type UploadOptions, uploadOptionsSchema } from '#shared/model/transfer.ts'
import { BrokenOff } from './broken-off.ts'
import { type ContentFacts, fileFactsThreads } from './file-facts.ts'
import type { JobContext } from './job.ts'
import { type BatchSize, type Prepared, UploadBatches, upTo } from './upload-batches.ts'
import { type LabelFile, sendLabels, type UploadFacts } from './upload-labels.ts'
import { UploadNames } from './upload-names.ts'
import { UploadRegister } from './upload-register.ts'
import { placeOf, sentTo, UploadReplace } from './upload-replace.ts'
import { scanDropped } from './upload-scan.ts'
import { nameOf, uploadTarget } from './upload-target.ts'

type Item = TransferItem<UploadFacts>

/** The options of an upload. */
export const uploadJobSchema = uploadOptionsSchema.extend({
  /** Absolute paths of files and folders. */
  paths: z.array(z.string()),
  /** Absolute path of the staging folder of this upload, deleted afterwards; null: none. */
  staged: z.string().nullable(),
})

const ATTEMPTS = 8
const FILE_COST = 20_000
/** The share of an address's lifetime that a batch may use. */
const SAFE_SHARE = 0.4
const ADD_BATCH = 500

/** Uploads a folder: each image exactly once, whatever happens. Running it again resumes it. */
export class UploadJob {
  readonly #context: JobContext
  readonly #options: UploadOptions & z.infer<typeof uploadJobSchema>
  readonly #scratch: string
  readonly #problems: string[] = []
  readonly #labelFiles: LabelFile[] = []
  readonly #names: UploadNames
  readonly #replace: UploadReplace
  #facts: Threads<string, ContentFacts> | null = null
  #wake: (() => void) | null = null
  #isScanned = false

  constructor(context: JobContext, scratch: string) {
    this.#context = context
    this.#options = uploadJobSchema.parse(context.transfer.options)
    this.#scratch = scratch
    this.#names = new UploadNames(this.#options)
    this.#replace = new UploadReplace(context)
  }

  async run(): Promise<string[]> {
    await using facts = fileFactsThreads()
    this.#facts = facts
    // The threads start while the service is asked.
    facts.warm()
    await this.#readTaken()
    const register = new UploadRegister(this.#context, this.#names, this.#replace)
    const batches = new UploadBatches({
      context: this.#context,
      prepare: (after, size) => this.#prepare(after, size),
      put: (item, address) => this.#put(item, address),
      register: (sent) => register.register(sent),
      isScanned: () => this.#isScanned,
      more: () => this.#more(),
    })
    const scanning = this.#scan()
    // A failed scan fails the job, after running sends have ended.
    scanning.catch(() => this.#wake?.())
    try {
      await register.registerLeft()
      await batches.sendAll()
    } finally {
      await scanning
    }
    await this.#takeAwayIncoming()
    if (this.#options.withLabels)
      this.#problems.push(...(await sendLabels(this.#context, this.#labelFiles)))
    return this.#report()
  }

  async clean(): Promise<void> {
    await rm(this.#scratch, { recursive: true, force: true })
    if (this.#options.staged !== null)
      await rm(this.#options.staged, { recursive: true, force: true })
  }

  /** Waits until the scan has found more or ended. */
  #more(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#wake = resolve
    this.#context.signal.addEventListener('abort', () => resolve(), { once: true })
    if (this.#isScanned) resolve()
    return promise
  }

  /** Reads the dataset's existing paths. */
  async #readTaken(): Promise<void> {
    const { run, transfer, signal, setDoing } = this.#context
    setDoing('Checking what is on the service')
    const found = await run(async (client) => {
      const paths: [string, string][] = []
      for await (const image of client.images.list(transfer.remoteId, { signal })) {
        const { path, remoteId } = fromRemoteImage(image)
        paths.push([path, remoteId])
      }
      return paths
    })
    for (const [path, id] of found) this.#names.addThere(path, id)
  }

  /** Queues the dropped files while the first ones are already being sent. */
  async #scan(): Promise<void> {
    const { transfers, transfer, signal } = this.#context
    try {
      const known = new Set<string>()
      for (const item of transfers.each<UploadFacts>(transfer.id, null)) {
        if (item.state !== 'skipped')
          this.#names.addOwn(item.facts.calledAs ?? item.target, item.seq)
        known.add(item.source)
      }
      let seq = transfers.nextSeq(transfer.id)
      let waiting: Omit<Item, 'batchKey'>[] = []
      const add = () => {
        transfers.addItems(transfer.id, waiting)
        if (seq >= MANY_FILES) holdHeap()
        waiting = []
        this.#wake?.()
      }
      for await (const found of scanDropped(
        this.#options.paths,
        this.#scratch,
        this.#problems,
        signal,
      )) {
        for (const { file, path, sizeBytes, kind } of found) {
          if (kind === 'label') this.#labelFiles.push({ file, path })
          if (kind !== 'image' || known.has(file)) continue
          waiting.push({
            ...this.#itemOf(path, seq),
            seq: seq++,
            source: file,
            title: path,
            sizeBytes,
          })
        }
        if (waiting.length >= ADD_BATCH) add()
      }
      add()
      transfers.setPlanned(transfer.id)
    } finally {
      this.#isScanned = true
      this.#wake?.()
    }
  }

  /** The target path of a file; null if it is skipped. */
  #itemOf(
    path: string,
    seq: number,
  ): { target: string; state: 'waiting' | 'skipped'; facts: UploadFacts } {
    const fate = this.#names.ofFile(path, seq)
    if (fate.kind !== 'send' && fate.kind !== 'replace')
      return { target: fate.wanted, state: 'skipped', facts: { path } }
    const replaces = fate.kind === 'replace' ? { replaces: fate.replaces } : {}
    return { target: fate.target, state: 'waiting', facts: { path, ...replaces } }
  }

  /**
   * The service may clean a name, and reports that only with the address; then the clean name may be taken. Returns
   * the item to send now; null if it is skipped or needs an address for another name.
   */
  #named(item: Item, calledAs: string): Item | null {
    const { transfers, transfer, settle } = this.#context
    if (calledAs === item.target || calledAs === item.facts.calledAs) return item
    const { seq } = item
    const fate = this.#names.again(calledAs, seq)
    switch (fate.kind) {
      case 'skip':
        settle({ seq, state: 'skipped' })
        return null
      case 'taken':
        settle({
          seq,
          state: 'failed',
          problem: `The service calls it ${calledAs}, which is taken`,
        })
        return null
      case 'replace': {
        // Its address must be beside its path; request it in the next batch.
        const facts = { ...item.facts, calledAs, replaces: fate.replaces }
        transfers.setItems(transfer.id, [{ seq, state: 'waiting', facts }])
        return null
      }
      case 'send': {
        if (fate.target !== calledAs) {
          transfers.setItems(transfer.id, [{ seq, state: 'waiting', target: fate.target }])
          return null
        }
        const facts = { ...item.facts, calledAs }
        transfers.setItems(transfer.id, [{ seq, state: 'waiting', facts }])
        return { ...item, facts }
      }
      default:
        return assertNever(fate)
    }
  }

  /** Prepares the next batch with addresses; null if there is none now. */
  async #prepare(after: number, { files, bytes }: BatchSize): Promise<Prepared | null> {
    const { run, transfer, transfers, signal } = this.#context
    const items = upTo(
      bytes,
      transfers.items<UploadFacts>(transfer.id, 'waiting', { limit: files, after }),
    )
    const last = items.at(-1)?.seq
    if (last === undefined) return null
    const looked = await this.#look(items)
    if (looked.length === 0) return { queue: [], last, holdsS: 0 }
    const answer = await run((client) =>
      client.images.bulkUploadUrl(
        transfer.remoteId,
        looked.map((item) => nameOf(sentTo(transfer, item))),
        { signal },
      ),
    )
    const { upload_urls: urls } = answer
    if (urls.length !== looked.length)
      throw new UserError(
        'addresses',
        `The service gave ${urls.length} addresses for ${counted(looked.length, 'file')}. Try again later.`,
      )
    // Same order as requested.
    const queue = looked.flatMap((item, index) => {
      const given = urls[index]
      const asked = nameOf(sentTo(transfer, item))
      const directory = trimSlashes(given.directory_path ?? asked.directoryPath)
      const path = joinPath(directory, given.filename ?? asked.filename)
      const named = this.#named(item, placeOf(transfer, path))
      return named ? [{ item: named, address: given.upload_url }] : []
    })
    this.#context.flush()
    return { queue, last, holdsS: (answer.expires_in_minutes ?? 15) * 60 * SAFE_SHARE }
  }

  /** Hashes files and reads their pixel sizes in threads; marks unreadable ones. */
  async #look(items: Item[]): Promise<Item[]> {
    const { transfers, transfer, settle, signal } = this.#context
    const facts = this.#facts
    if (!facts) return []
    const looked = await Promise.all(
      items.map(async (item) => {
        if (item.facts.sha256) return item
        try {
          return { ...item, facts: { ...item.facts, ...(await facts.do(item.source)) } }
        } catch (error) {
          // The job was stopped; the file is examined when it resumes.
          if (signal.aborted || error instanceof ThreadLostError) throw error
          settle({ seq: item.seq, state: 'failed', problem: messageOf(error) })
          return null
        }
      }),
    )
    const good = looked.filter((item) => item !== null)
    transfers.setItems(
      transfer.id,
      good.map(({ seq, facts: own }) => ({ seq, state: 'waiting', facts: own })),
    )
    this.#context.flush()
    return good
  }

  async #put(item: Item, firstAddress: string): Promise<void> {
    const { aside, run, transfer, signal, settle, onBytes } = this.#context
    let address = firstAddress
    const broken = new BrokenOff(this.#context, null)
    for (let attempt = 1; ; attempt++) {
      let sent = 0
      try {
        const type = contentTypeOf(fileNameOf(item.target))
        await aside((client) =>
          putFile(client.http.dispatcher, address, item.source, type, {
            signal,
            onProgress: (bytes) => {
              onBytes(bytes - sent)
              sent = bytes
            },
          }),
        )
        onPassed(item.sizeBytes)
        settle({ seq: item.seq, state: 'put', sizeBytes: item.sizeBytes })
        this.#context.concurrency.onDone(item.sizeBytes + FILE_COST)
        return
      } catch (error) {
        if (signal.aborted) return
        // Bytes of a failed file do not count as progress.
        onBytes(-sent)
        if (isGeneral(error) || isPassing(error)) this.#context.concurrency.onError()
        if (isGeneral(error) && !(await broken.isHopeless(error))) {
          await this.#context.pauseFor(error)
          attempt--
        } else if (attempt >= ATTEMPTS || !(isExpired(error) || isPassing(error))) {
          settle({
            seq: item.seq,
            state: 'failed',
            problem: toUserError(error, item.title).message,
          })
          return
        }
        if (isExpired(error)) {
          const answer = await run((client) =>
            client.images.uploadUrl(transfer.remoteId, nameOf(sentTo(transfer, item)), { signal }),
          )
          address = answer.upload_url
        }
      }
    }
  }

  /** Removes the directories in which replacement images waited. */
  async #takeAwayIncoming(): Promise<void> {
    const { transfers, transfer } = this.#context
    const directories = new Set<string>()
    for (const { target, facts } of transfers.each<UploadFacts>(transfer.id, 'done'))
      if (facts.hasReplaced) directories.add(directoryOf(target))
    await this.#replace.clean(directories)
  }

  #report(): string[] {
    const { transfers, transfer } = this.#context
    const { skipped } = transfers.counts(transfer.id).files
    const renamed: { from: string; to: string }[] = []
    let replaced = 0
    for (const { target, facts } of transfers.each<UploadFacts>(transfer.id, 'done')) {
      if (facts.hasReplaced) replaced++
      if ((facts.calledAs ?? target) !== uploadTarget(facts.path, this.#options))
        renamed.push({ from: facts.path, to: facts.calledAs ?? target })
    }
    return [
      ...(skipped > 0 ? [`${counted(skipped, 'image')} were there already and were left out`] : []),
      ...(replaced > 0
        ? [
            `${counted(replaced, 'image')} were replaced: the old ones are archived with their annotations, below “replaced”`,
          ]
        : []),
      ...renamed.slice(0, 20).map(({ from, to }) => `“${from}” is called “${to}” there`),
      ...(renamed.length > 20 ? [`${renamed.length - 20} more have another name there`] : []),
      ...this.#problems,
    ]
  }
}
