import { describe, expect, test, vi } from 'vitest'
import type { OpenedDocument } from '#shared/contract/contract.ts'
import { type Annotation, newAnnotation } from '#shared/model/annotation.ts'
import { applyChangeSet, EMPTY_CHANGE_SET } from '#shared/model/change-set.ts'
import { Autosave, type SaveState } from './autosave.ts'
import { type DocumentBackend, type PendingCommit, StaleError } from './backend.ts'
import { ImageDocument } from './image-document.ts'

const box = (x: number) => newAnnotation({ kind: 'bbox', x, y: 0, w: 10, h: 10 }, 'car')
const adding = (annotation: Annotation) => ({ ...EMPTY_CHANGE_SET, created: [annotation] })

/** A core in memory, with faults on demand. */
function fakeCore() {
  const core = {
    annotations: [] as Annotation[],
    revision: 0,
    committed: [] as string[],
    fail: null as Error | null,
    loseAnswer: false,
    /** Another window draws. */
    drawElsewhere(annotation: Annotation) {
      core.annotations = [...core.annotations, annotation]
      core.revision++
    },
  }
  const answer = () => ({ revision: core.revision, undo: null, redo: null })
  const backend: DocumentBackend = {
    open: async () =>
      ({
        image: { id: 'i' },
        annotations: core.annotations,
        draft: null,
        view: null,
        ...answer(),
      }) as unknown as OpenedDocument,
    commit: async ({ commitId, baseRevision, changes }) => {
      if (core.fail) throw core.fail
      if (core.committed.includes(commitId)) return answer()
      if (baseRevision !== core.revision) throw new StaleError()
      core.annotations = applyChangeSet(core.annotations, changes)
      core.revision++
      core.committed.push(commitId)
      if (core.loseAnswer) {
        core.loseAnswer = false
        throw new Error('reset')
      }
      return answer()
    },
    undo: async () => null,
    redo: async () => null,
    saveDraft: async () => {},
  }
  const states: SaveState[] = []
  let kept: PendingCommit[] = []
  const journal = {
    read: () => kept,
    write: (commits: readonly PendingCommit[]) => {
      kept = [...commits]
    },
  }
  const open = async () => {
    let document: ImageDocument | null = null
    const autosave = new Autosave(
      backend,
      {
        onState: (state) => states.push(state),
        onCommitted: () => {},
        onStale: () => void document?.reload(),
      },
      journal,
    )
    document = new ImageDocument(await backend.open('i'), autosave, backend)
    return { document, autosave }
  }
  return { core, open, states, kept: () => kept }
}

describe('autosave', () => {
  test('sends edits in order and says when they are safe', async () => {
    const { core, open, states } = fakeCore()
    const { document, autosave } = await open()
    const [a, b] = [box(1), box(2)]
    document.edit('a', adding(a))
    document.edit('b', adding(b))
    expect(document.annotations.list).toEqual([a, b])
    await autosave.flush()
    expect(core.annotations).toEqual([a, b])
    expect(states).toEqual([{ kind: 'saving' }, { kind: 'saved' }])
  })

  test('after a failure nothing counts as saved, the reason is told, and it is tried again', async () => {
    const { core, open, states, kept } = fakeCore()
    const { document, autosave } = await open()
    core.fail = new Error('The disk is full')
    document.edit('a', adding(box(1)))
    document.edit('b', adding(box(2)))
    await vi.waitFor(() =>
      expect(states.at(-1)).toEqual({ kind: 'failed', reason: 'The disk is full', waiting: 2 }),
    )
    expect(kept()).toHaveLength(2)
    core.fail = null
    autosave.retryNow()
    await autosave.flush()
    expect(core.annotations).toHaveLength(2)
    expect(states.at(-1)).toEqual({ kind: 'saved' })
    expect(kept()).toEqual([])
  })

  test('an edit whose answer got lost is not made twice', async () => {
    const { core, open } = fakeCore()
    const { document, autosave } = await open()
    core.loseAnswer = true
    document.edit('a', adding(box(1)))
    await vi.waitFor(() => expect(core.annotations).toHaveLength(1))
    autosave.retryNow()
    await autosave.flush()
    expect(core.annotations).toHaveLength(1)
  })

  test('edits that a closed window could not send are sent by the next', async () => {
    const { core, open } = fakeCore()
    const first = await open()
    core.fail = new Error('gone')
    first.document.edit('a', adding(box(1)))
    first.autosave.keep()
    core.fail = null
    const second = await open()
    expect(second.document.annotations.list).toHaveLength(1)
    await second.autosave.flush()
    expect(core.annotations).toHaveLength(1)
  })

  test('what another window drew meanwhile stays, and shows', async () => {
    const { core, open } = fakeCore()
    const { document, autosave } = await open()
    const [mine, theirs] = [box(1), box(2)]
    core.drawElsewhere(theirs)
    document.edit('a', adding(mine))
    await autosave.flush()
    expect(core.annotations).toEqual([theirs, mine])
    await vi.waitFor(() => expect(document.annotations.list).toHaveLength(2))
  })
})

test('what lies under the pointer: the smallest first, exactly', async () => {
  const { open, core } = fakeCore()
  const large = newAnnotation({ kind: 'bbox', x: 0, y: 0, w: 100, h: 100 }, 'car')
  const small = newAnnotation(
    {
      kind: 'polygon',
      rings: [
        [
          { x: 10, y: 10 },
          { x: 30, y: 10 },
          { x: 10, y: 30 },
        ],
      ],
    },
    'car',
  )
  core.annotations = [small, large]
  const { document } = await open()
  expect(document.annotations.at({ x: 15, y: 15 }, 1)).toEqual([small, large])
  expect(document.annotations.at({ x: 28, y: 28 }, 1)).toEqual([large])
})
