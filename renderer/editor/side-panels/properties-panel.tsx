import { updateAnnotations } from '#renderer/actions/edit-actions.ts'
import { datasetState } from '#renderer/document/dataset-state.ts'
import { say } from '#renderer/document/status-line.ts'
import type { Editor } from '#renderer/tools/editor.ts'
import { SHAPE_KIND_LABEL } from '#renderer/tools/shape-kind-label.ts'
import { useStore, useVersion } from '#renderer/ui/use-store.ts'
import { isInside } from '#shared/geometry/clamp-shape.ts'
import { shapeFields, withShapeField } from '#shared/geometry/shape.ts'
import type { Annotation } from '#shared/model/annotation.ts'
import { counted, t } from '#shared/texts/texts.ts'
import { classAsking } from './annotation-problems.ts'
import { AttributesSection } from './attributes-section.tsx'
import { CommentsSection } from './comments-section.tsx'
import { Entry } from './entry.tsx'

function Numbers({ editor, annotation }: { editor: Editor; annotation: Annotation }) {
  const fields = shapeFields(annotation.shape)
  if (fields.length === 0) return null
  const commit = (key: string, label: string, text: string) => {
    const shape = withShapeField(annotation.shape, key, Number(text.replace(',', '.')))
    const { borders } = editor
    const wasInside = borders !== null && isInside(annotation.shape, borders)
    if (!shape) say(t('{label}: “{text}” is not possible', { label, text }))
    else if (wasInside && !isInside(shape, borders)) {
      say(t('{label}: “{text}” would place it outside the image', { label, text }))
      return false
    } else
      updateAnnotations(
        editor,
        t('Set {field}', { field: label.toLowerCase() }),
        [annotation],
        (before) => ({
          ...before,
          shape,
        }),
      )
    return shape !== null
  }
  return (
    <div className="grid grid-cols-1 gap-y-1">
      {fields.map(({ key, label, value }) => (
        <div key={key} className="grid grid-cols-[88px_1fr] items-center gap-1">
          <span className="truncate text-2xs text-muted">{label}</span>
          <Entry
            label={label}
            value={String(Math.round(value * 100) / 100)}
            onCommit={(text) => commit(key, label, text)}
          />
        </div>
      ))}
    </div>
  )
}

/** Numbers and attributes of what is selected; several are changed in one step. */
export function PropertiesPanel({ editor }: { editor: Editor }) {
  const { document, selection } = editor
  useVersion(document.annotations)
  const selected = useStore(selection.state, (state) => state.selected)
  const annotations = [...selected].flatMap((id) => document.annotations.get(id) ?? [])
  const classes = useStore(datasetState, (state) => state.dataset?.classes) ?? []
  const isRemote = useStore(datasetState, (state) => state.dataset?.remote != null)
  const [first] = annotations
  if (!first) return null
  const title =
    annotations.length === 1
      ? SHAPE_KIND_LABEL[first.shape.kind]
      : counted(annotations.length, 'shape')
  return (
    <section
      aria-label={t('Properties')}
      className="flex max-h-[50%] min-h-24 flex-col gap-2 overflow-y-auto border-t border-line p-2.5"
    >
      <h2 className="flex justify-between text-xs font-semibold text-muted">
        {title}
        {first.instanceId !== undefined && annotations.length === 1 && (
          <span className="font-normal">
            {t('Instance {instanceId}', { instanceId: first.instanceId })}
          </span>
        )}
      </h2>
      {annotations.length === 1 && <Numbers editor={editor} annotation={first} />}
      <AttributesSection
        editor={editor}
        annotations={annotations}
        asking={(annotation) => classAsking(annotation, document, classes)}
      />
      {annotations.length === 1 && isRemote && (
        <CommentsSection key={first.id} imageId={document.image.id} annotationId={first.id} />
      )}
    </section>
  )
}
