import { useState } from 'react'
import { focusCanvas, showDialog } from '#renderer/actions/app-state.ts'
import { editClasses } from '#renderer/actions/class-actions.ts'
import { Button } from '#renderer/ui/button.tsx'
import { ConfirmDialog } from '#renderer/ui/confirm-dialog.tsx'
import { ErrorNote } from '#renderer/ui/feedback.tsx'
import { Modal } from '#renderer/ui/modal.tsx'
import type { AnnotationClass, AttributeSchema, Skeleton } from '#shared/model/annotation-class.ts'
import { attributeProblem } from '#shared/model/attributes.ts'
import { sameValue } from '#shared/model/change-set.ts'
import { t } from '#shared/texts/texts.ts'
import { AttributeSchemaEditor } from './attribute-schema-editor.tsx'
import { SkeletonEditor } from './skeleton-editor.tsx'

/** The name that is there twice; an empty one when a name is missing; null when all differ. */
function wrongName(names: readonly string[]): string | null {
  const trimmed = names.map((name) => name.trim())
  if (trimmed.includes('')) return ''
  return trimmed.find((name, index) => trimmed.indexOf(name) !== index) ?? null
}

function attributeNameProblem(names: readonly string[]): string | null {
  const wrong = wrongName(names)
  if (wrong === '') return t('Each attribute needs a name.')
  return wrong && t('There are two attributes called “{name}”.', { name: wrong })
}

function jointNameProblem(names: readonly string[]): string | null {
  const wrong = wrongName(names)
  if (wrong === '') return t('Each joint needs a name.')
  return wrong && t('There are two joints called “{name}”.', { name: wrong })
}

/** Why the class cannot be saved, in words; null if it can. */
function problemOf(attributes: readonly AttributeSchema[], { nodes }: Skeleton): string | null {
  const empty = attributes.find(({ type, values }) => type === 'select' && !values?.length)
  if (empty) return t('The attribute “{name}” needs at least one choice.', { name: empty.name })
  const wrong = attributes.find(
    (schema) => schema.default !== undefined && attributeProblem(schema, schema.default),
  )
  if (wrong)
    return t('Default of “{name}”: {problem}', {
      name: wrong.name,
      problem: attributeProblem(wrong, wrong.default ?? ''),
    })
  return (
    attributeNameProblem(attributes.map(({ name }) => name)) ??
    jointNameProblem(nodes.map(({ name }) => name))
  )
}

/** Settings of a class: attributes and skeleton. */
export function ClassDialog({ item }: { item: AnnotationClass }) {
  const [attributes, setAttributes] = useState<AttributeSchema[]>(item.attributes ?? [])
  const [skeleton, setSkeleton] = useState<Skeleton>(item.skeleton ?? { nodes: [], edges: [] })
  const [isAsking, setAsking] = useState(false)
  const problem = problemOf(attributes, skeleton)
  const isChanged =
    !sameValue(attributes, item.attributes ?? []) ||
    !sameValue(skeleton, item.skeleton ?? { nodes: [], edges: [] })
  const close = () => {
    showDialog(null)
    focusCanvas()
  }
  const leave = () => (isChanged ? setAsking(true) : close())
  const save = async () => {
    if (await editClasses({ kind: 'configure', name: item.name, attributes, skeleton })) close()
  }
  return (
    <Modal
      title={t('Class “{name}”', { name: item.name })}
      description={t('The attributes of its annotations and the skeleton of its poses.')}
      onClose={leave}
      wide
      footer={
        <>
          {problem && <span className="mr-auto text-xs text-danger">{problem}</span>}
          <Button onClick={leave}>{t('Cancel')}</Button>
          <Button variant="primary" disabled={problem !== null} onClick={() => void save()}>
            {t('Save class')}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-5">
        <section aria-labelledby="class-attributes" className="flex flex-col gap-2">
          <h3 id="class-attributes" className="text-sm font-semibold">
            {t('Attributes')}
          </h3>
          {attributes.length === 0 && (
            <p className="text-xs text-muted">
              {t('No attributes yet. You fill them in for a selected shape (Enter).')}
            </p>
          )}
          <AttributeSchemaEditor attributes={attributes} onChange={setAttributes} />
        </section>
        <section
          aria-labelledby="class-skeleton"
          className="flex flex-col gap-2 border-t border-line pt-4"
        >
          <h3 id="class-skeleton" className="text-sm font-semibold">
            {t('Skeleton')}
          </h3>
          <SkeletonEditor skeleton={skeleton} color={item.color} onChange={setSkeleton} />
          {skeleton.nodes.length > 0 && skeleton.edges.length === 0 && (
            <ErrorNote>
              {t('No joints are connected, so the pose is drawn as points only.')}
            </ErrorNote>
          )}
        </section>
      </div>
      {isAsking && (
        <ConfirmDialog
          title={t('Discard the changes to “{name}”?', { name: item.name })}
          action={t('Discard changes')}
          keep={t('Continue editing')}
          onConfirm={close}
          onClose={() => setAsking(false)}
        >
          {t('Your changes to the attributes and the skeleton aren’t saved.')}
        </ConfirmDialog>
      )}
    </Modal>
  )
}
