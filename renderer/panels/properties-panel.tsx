import { Plus, X } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { focusCanvas } from '#renderer/actions/app-state.ts'
import { updateAnnotations } from '#renderer/actions/edit-actions.ts'
import type { ImageDocument } from '#renderer/document/image-document.ts'
import { selection } from '#renderer/document/selection.ts'
import { say } from '#renderer/tools/tool-state.ts'
import { IconButton } from '#renderer/ui/button.tsx'
import { counted } from '#renderer/ui/counted.ts'
import { TextField } from '#renderer/ui/field.tsx'
import { useStore, useVersion } from '#renderer/ui/use-store.ts'
import { shapeFields, withShapeField } from '#shared/geometry/shape-fields.ts'
import { type Annotation, SHAPE_KIND_LABEL } from '#shared/model/annotation.ts'
import { sameValue } from '#shared/model/change-set.ts'

interface EntryProps {
  label: string
  value: string
  placeholder?: string
  /** False when it cannot be; the field goes back to what it was. */
  onCommit: (text: string) => boolean
}

/** A field whose text counts when it is left or confirmed. */
function Entry({ label, value, placeholder, onCommit }: EntryProps) {
  const [text, setText] = useState<string | null>(null)
  const commit = () => {
    if (text !== null && text !== value) onCommit(text)
    setText(null)
  }
  return (
    <TextField
      aria-label={label}
      className="h-7 border-line px-2 text-xs tabular-nums"
      value={text ?? value}
      placeholder={placeholder}
      onChange={(event) => setText(event.target.value)}
      onBlur={commit}
      onKeyDown={(event) => {
        if (event.key === 'Enter') {
          commit()
          focusCanvas()
        }
        if (event.key === 'Escape') {
          setText(null)
          focusCanvas()
        }
      }}
    />
  )
}

function Numbers({ annotation }: { annotation: Annotation }) {
  const fields = shapeFields(annotation.shape)
  if (fields.length === 0) return null
  const commit = (key: string, label: string, text: string) => {
    const shape = withShapeField(annotation.shape, key, Number(text.replace(',', '.')))
    if (!shape) say(`${label}: “${text}” cannot be`)
    else
      updateAnnotations(`Set ${label.toLowerCase()}`, [annotation], (before) => ({
        ...before,
        shape,
      }))
    return shape !== null
  }
  return (
    <div className="grid grid-cols-2 gap-x-2 gap-y-1">
      {fields.map(({ key, label, value }) => (
        <div key={key} className="grid grid-cols-[52px_1fr] items-center gap-1">
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

const shown = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))

/** What all of the annotations say of an attribute; undefined when they differ. */
function common(annotations: readonly Annotation[], name: string): unknown {
  const [first, ...others] = annotations.map(({ attributes }) => attributes[name])
  return others.every((value) => sameValue(value, first)) ? first : undefined
}

function Attributes({ annotations }: { annotations: readonly Annotation[] }) {
  const [name, setName] = useState('')
  const names = [
    ...new Set(annotations.flatMap(({ attributes }) => Object.keys(attributes))),
  ].sort()
  const set = (key: string, value: string | null) => {
    const label = value === null ? `Remove ${key}` : `Set ${key}`
    updateAnnotations(label, annotations, (annotation) => {
      const { [key]: _old, ...others } = annotation.attributes
      return { ...annotation, attributes: value === null ? others : { ...others, [key]: value } }
    })
    return true
  }
  const add = (event: FormEvent) => {
    event.preventDefault()
    const key = name.trim()
    if (key === '') return
    if (!names.includes(key)) set(key, '')
    setName('')
  }
  return (
    <div className="flex flex-col gap-1">
      {names.map((key) => {
        const value = common(annotations, key)
        return (
          <div key={key} className="grid grid-cols-[72px_1fr_24px] items-center gap-1">
            <span className="truncate text-2xs text-muted" title={key}>
              {key}
            </span>
            <Entry
              label={`Attribute ${key}`}
              value={value === undefined ? '' : shown(value)}
              placeholder={value === undefined ? 'different' : ''}
              onCommit={(text) => set(key, text)}
            />
            <IconButton
              label={`Remove attribute ${key}`}
              className="size-6"
              onClick={() => set(key, null)}
            >
              <X />
            </IconButton>
          </div>
        )
      })}
      <form onSubmit={add} className="grid grid-cols-[1fr_24px] gap-1">
        <TextField
          aria-label="Name of a new attribute"
          placeholder="New attribute"
          className="h-7 border-line px-2 text-xs"
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <IconButton
          label="Add attribute"
          className="size-6 self-center"
          type="submit"
          disabled={name.trim() === ''}
        >
          <Plus />
        </IconButton>
      </form>
    </div>
  )
}

/** Numbers and attributes of what is selected; several are changed in one step. */
export function PropertiesPanel({ document }: { document: ImageDocument }) {
  useVersion(document.annotations)
  const selected = useStore(selection, (state) => state.selected)
  const annotations = [...selected].flatMap((id) => document.annotations.get(id) ?? [])
  const [first] = annotations
  if (!first) return null
  const title =
    annotations.length === 1
      ? SHAPE_KIND_LABEL[first.shape.kind]
      : counted(annotations.length, 'shape')
  return (
    <section
      aria-label="Properties"
      className="flex max-h-[38%] shrink-0 flex-col gap-2 overflow-y-auto border-t border-line p-2.5"
    >
      <h2 className="flex justify-between text-xs font-semibold text-muted">
        {title}
        {first.instanceId !== undefined && annotations.length === 1 && (
          <span className="font-normal">Instance {first.instanceId}</span>
        )}
      </h2>
      {annotations.length === 1 && <Numbers annotation={first} />}
      <Attributes annotations={annotations} />
    </section>
  )
}
