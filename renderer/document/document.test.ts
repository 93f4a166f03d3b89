import { describe, expect, test, vi } from 'vitest'
import type { OpenedDocument } from '#shared/contract/annotations.ts'
import { type Annotation, newAnnotation } from '#shared/model/annotation.ts'
import {
  applyChangeSet,
  EMPTY_CHANGE_SET,
  isEmptyChangeSet,
  rebaseChangeSet,
} from '#shared/model/change-set.ts'
import { AnnotationStore } from './annotation-store.ts'
import { Autosave, type SaveState } from './autosave.ts'
import { type DocumentBackend, type PendingCommit, RefusedError, type Turned } from './backend.ts'
import { DraftSaver } from './draft-saver.ts'
import { ImageDocument } from './image-document.ts'
import { adoptJournals, windowJournal } from './journal.ts'

const box = (x: number) => newAnnotation({ kind: 'bbox', x, y: 0, w: 10, h: 10 }, 'car')
const adding = (annotation: Annotation) => ({ ...EMPTY_CHANGE_SET, created: [annotation] })

/** A core in memory that fails on demand. */
function fakeCore() {
  const core = {
    annotations: [] as Annotation[],
    revision: 0,
    committed: [] as string[],
    fail: null as Error | null,
    hangs: false,
    loseAnswer: false,
    drafts: {} as unknown,
    savedDrafts: [] as unknown[],
    turns: [] as string[],
    onState: null as ((state: SaveState) => void) | null,
    onCommitted: null as (() => void) | null,
    /** What undo reverts; null: nothing. */
    undo: (): Turned | null => null,
    /** Another window draws. */
    drawElsewhere(annotation: Annotation) {
      core.annotations = [...core.annotations, annotation]
      core.revision++
    },
  }
  const answer = () => ({
    baseRevision: core.revision,
    revision: core.revision,
    undo: null,
    redo: null,
  })
  const backend: DocumentBackend = {
    open: async () =>
      ({
        image: { id: 'i' },
        annotations: core.annotations,
        drafts: core.drafts,
        view: null,
        ...answer(),
      }) as unknown as OpenedDocument,
    commit: async ({ commitId, changes }) => {
      if (core.hangs) await new Promise(() => {})
      if (core.fail) throw core.fail
      if (core.committed.includes(commitId)) return answer()
      const baseRevision = core.revision
      const real = rebaseChangeSet(core.annotations, changes)
      if (!isEmptyChangeSet(real)) core.revision++
      core.annotations = applyChangeSet(core.annotations, real)
      core.committed.push(commitId)
      if (core.loseAnswer) {
        core.loseAnswer = false
        throw new Error('reset')
      }
      return { ...answer(), baseRevision }
    },
    picture: () => {
      throw new Error('Nothing is asked of pictures here')
    },
    segment: { prepare: async () => {}, prepareAhead: async () => {}, ask: async () => [] },
    assist: async () => ({ status: 'no_detection', score: null, annotations: [] }),
    undo: async (_imageId, commitId) => {
      core.turns.push(commitId)
      return core.undo()
    },
    goTo: async () => {},
    redo: async () => null,
    labels: async () => ({ undo: null, redo: null }),
    saveView: async () => {},
    saveDrafts: async (_imageId, drafts) => {
      if (core.fail) throw core.fail
      await new Promise((later) => setTimeout(later, 1))
      core.drafts = drafts
      core.savedDrafts.push(drafts)
    },
  }
  const states: SaveState[] = []
  const refused: string[] = []
  const faults: unknown[] = []
  let kept: PendingCommit[] = []
  const draftSaver = new DraftSaver(backend, 1)
  const journal = {
    write: (commits: readonly PendingCommit[]) => {
      kept = [...commits]
    },
  }
  const open = async () => {
    let document: ImageDocument | null = null
    const autosave = new Autosave(
      backend,
      {
        onState: (state) => {
          states.push(state)
          core.onState?.(state)
        },
        onCommitted: (_imageId, committed) => {
          core.onCommitted?.()
          void document?.onCommitted(committed)
        },
        onRefused: (commit) => refused.push(commit.label),
        onFault: (error) => faults.push(error),
      },
      journal,
    )
    for (const commit of kept.splice(0)) autosave.enqueue(commit)
    document = new ImageDocument(await backend.open('i'), autosave, draftSaver, backend)
    return { document, autosave }
  }
  return { core, backend, open, states, refused, faults, kept: () => kept }
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

  test('an engine that neither answers nor fails may take the window with it: nothing is lost', async () => {
    const { core, open, kept } = fakeCore()
    const first = await open()
    core.hangs = true
    first.document.edit('a', adding(box(1)))
    await vi.waitFor(() => expect(kept()).toHaveLength(1), { timeout: 5_000 })
    // From here on each edit is kept as it is drawn.
    first.document.edit('b', adding(box(2)))
    expect(kept()).toHaveLength(2)
    core.hangs = false
    const second = await open()
    await second.autosave.flush()
    expect(core.annotations).toHaveLength(2)
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

test('what another window deleted stays deleted, though it is edited here before that is known', async () => {
  const { core, open } = fakeCore()
  const [gone, other] = [box(1), box(2)]
  core.annotations = [gone, other]
  const { document, autosave } = await open()
  core.annotations = [other]
  core.revision++
  const after = { ...gone, className: 'bus' }
  document.edit('a', { ...EMPTY_CHANGE_SET, updated: [{ before: gone, after }] })
  await autosave.flush()
  expect(core.annotations).toEqual([other])
  await vi.waitFor(() => expect(document.annotations.list).toEqual([other]))
})

test('what another window drew is not missed by an undo that comes before the word of it', async () => {
  const { core, open } = fakeCore()
  const { document, autosave } = await open()
  const [mine, theirs] = [box(1), box(2)]
  document.edit('a', adding(mine))
  await autosave.flush()
  core.drawElsewhere(theirs)
  core.undo = () => {
    core.annotations = core.annotations.filter(({ id }) => id !== mine.id)
    const changes = { ...EMPTY_CHANGE_SET, deleted: [mine] }
    const baseRevision = core.revision++
    return { baseRevision, revision: core.revision, undo: null, redo: 'a', label: 'a', changes }
  }
  expect(await document.undo()).toBe('a')
  expect(document.annotations.list).toEqual([theirs])
  // Its late answer changes nothing.
  await document.onEvent({
    type: 'annotations',
    imageId: 'i',
    commitId: 'theirs',
    revision: 2,
    changes: adding(theirs),
    undo: null,
    redo: null,
  })
  expect(document.annotations.list).toEqual([theirs])
})

test('an edit that will never be taken is put aside, and the others go on', async () => {
  const { core, open, refused, states } = fakeCore()
  const { document, autosave } = await open()
  core.fail = new RefusedError('This image is no longer in the library.')
  document.edit('a', adding(box(1)))
  await vi.waitFor(() => expect(refused).toEqual(['a']))
  core.fail = null
  document.edit('b', adding(box(2)))
  await autosave.flush()
  expect(core.annotations).toHaveLength(1)
  expect(states.at(-1)).toEqual({ kind: 'saved' })
})

test('a draft that could not be kept is kept later, and the last one of several', async () => {
  const { core, open } = fakeCore()
  const { document } = await open()
  core.fail = new Error('The disk is full')
  document.setDraft('polygon', { points: [1] })
  document.setDraft('polygon', { points: [1, 2] })
  core.fail = null
  await vi.waitFor(() => expect(core.drafts).toEqual({ polygon: { points: [1, 2] } }), 5_000)
})

test('a finished shape is no draft, however late its last point arrives', async () => {
  const { core, open } = fakeCore()
  const { document, autosave } = await open()
  document.setDraft('polygon', { points: [1] })
  document.setDraft('polygon', { points: [1, 2] })
  document.edit('a', adding(box(1)), 'polygon')
  await autosave.flush()
  // The first was in progress, the second was skipped, and the empty state comes last.
  await vi.waitFor(() => expect(core.savedDrafts).toEqual([{ polygon: { points: [1] } }, {}]))
  document.setDraft('polygon', { points: [3] })
  await vi.waitFor(() => expect(core.drafts).toEqual({ polygon: { points: [3] } }))
  expect(core.savedDrafts).toHaveLength(3)
})

test('undo pressed while nothing can be saved is refused, and none of it takes effect later', async () => {
  const { core, open } = fakeCore()
  const { document, autosave } = await open()
  core.fail = new Error('The disk is full')
  document.edit('a', adding(box(1)))
  // Before the failure is known, and after.
  const early = [document.undo(), document.undo()]
  for (const result of await Promise.allSettled(early)) expect(result.status).toBe('rejected')
  await expect(document.undo()).rejects.toThrow('The disk is full')
  core.fail = null
  autosave.retryNow()
  await autosave.flush()
  expect(core.turns).toEqual([])
  await document.undo()
  expect(core.turns).toHaveLength(1)
})

test('an edit that is made while "saved" is told is sent at once', async () => {
  const { core, open } = fakeCore()
  const { document, autosave } = await open()
  let isMade = false
  core.onState = ({ kind }) => {
    if (kind !== 'saved' || isMade) return
    isMade = true
    document.edit('b', adding(box(2)))
  }
  document.edit('a', adding(box(1)))
  await vi.waitFor(() => expect(core.annotations).toHaveLength(2))
  await autosave.flush()
  expect(autosave.isIdle).toBe(true)
})

test('a page that cannot show that something was saved does not keep the next from being saved', async () => {
  const { core, open, states, faults } = fakeCore()
  const { document, autosave } = await open()
  core.onCommitted = () => {
    throw new Error('The list is broken')
  }
  document.edit('a', adding(box(1)))
  document.edit('b', adding(box(2)))
  await autosave.flush()
  expect(core.annotations).toHaveLength(2)
  expect(core.committed).toHaveLength(2)
  expect(faults).toHaveLength(2)
  expect(states.at(-1)).toEqual({ kind: 'saved' })
})

test('a document that was left never saves its old draft over its successor’s', async () => {
  const { core, open, backend } = fakeCore()
  const first = await open()
  core.fail = new Error('The disk is full')
  first.document.setDraft('polygon', { points: [1] })
  await vi.waitFor(() =>
    expect(first.document.drafts.getState()).toEqual({ polygon: { points: [1] } }),
  )
  // It was reopened before the draft was saved, and still has it.
  core.fail = null
  const { saveDrafts } = backend
  let isOut = true
  backend.saveDrafts = async (...args) => {
    if (isOut) throw new Error('The disk is full')
    return saveDrafts(...args)
  }
  const second = await open()
  expect(second.document.drafts.getState()).toEqual({ polygon: { points: [1] } })
  second.document.setDraft('polygon', { points: [1, 2] })
  isOut = false
  await vi.waitFor(() => expect(core.drafts).toEqual({ polygon: { points: [1, 2] } }), 5_000)
  expect(core.savedDrafts).not.toContainEqual({ polygon: { points: [1] } })
})

describe('the journal', () => {
  const storage = () => {
    const map = new Map<string, string>()
    return {
      map,
      get length() {
        return map.size
      },
      key: (index: number) => [...map.keys()][index] ?? null,
      getItem: (key: string) => map.get(key) ?? null,
      setItem: (key: string, value: string) => void map.set(key, value),
      removeItem: (key: string) => void map.delete(key),
    }
  }
  const commit = (commitId: string) => ({
    commitId,
    imageId: 'i',
    label: '',
    changes: EMPTY_CHANGE_SET,
  })

  test('is a window’s own; what a window that is gone left is taken over once', () => {
    const store = storage()
    const full = vi.fn()
    windowJournal(store, 'lib', 'gone', full).write([commit('1')])
    windowJournal(store, 'lib', 'alive', full).write([commit('2')])
    windowJournal(store, 'other', 'gone', full).write([commit('3')])
    windowJournal(store, 'lib', 'me', full).write([])
    const adopt = () =>
      adoptJournals(store, 'lib', (id) => id === 'alive').map(({ commitId }) => commitId)
    expect(adopt()).toEqual(['1'])
    expect(adopt()).toEqual([])
    expect(store.length).toBe(2)
  })

  test('says when it is full, and survives what was cut off', () => {
    const store = storage()
    store.map.set('pictograph.unsent.lib.x', '[{"commitId":')
    expect(adoptJournals(store, 'lib', () => false)).toEqual([])
    const full = vi.fn()
    const setItem = () => {
      throw new Error('QuotaExceededError')
    }
    windowJournal({ ...store, setItem }, 'lib', 'me', full).write([commit('1')])
    expect(full).toHaveBeenCalledOnce()
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

test('of equal shapes under the pointer the topmost comes first, also after one was changed', () => {
  for (let run = 0; run < 20; run++) {
    const pile = Array.from({ length: 40 }, (_, index) =>
      newAnnotation(
        { kind: 'bbox', x: 10 + (index % 7) * 0.3, y: 10 + (index % 5) * 0.3, w: 20, h: 20 },
        'car',
      ),
    )
    const store = new AnnotationStore(pile)
    const top = pile[39]
    expect(store.at({ x: 20, y: 20 }, 1)[0]).toBe(top)
    // Changed shapes are re-indexed and keep their place in the order.
    const before = pile[run]
    store.apply({ ...EMPTY_CHANGE_SET, updated: [{ before, after: { ...before } }] }, 'local')
    expect(store.at({ x: 20, y: 20 }, 1).map(({ id }) => id)).toEqual(
      pile.map(({ id }) => id).reverse(),
    )
  }
})
