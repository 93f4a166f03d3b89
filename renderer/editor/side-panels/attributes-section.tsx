import { Plus, X } from 'lucide-react'
import { type FormEvent, type KeyboardEvent, useState } from 'react'
import { focusCanvas } from '#renderer/actions/app-state.ts'
import { ATTRIBUTES_ID, updateAnnotations, wholePoses } from '#renderer/actions/edit-actions.ts'
import { say } from '#renderer/document/status-line.ts'
import type { Editor } from '#renderer/tools/editor.ts'
import { IconButton } from '#renderer/ui/button.tsx'
import { classNames } from '#renderer/ui/class-names.ts'
import { SelectField, TextField } from '#renderer/ui/field.tsx'
import type { Annotation } from '#shared/model/annotation.ts'
import type { AnnotationClass, AttributeSchema } from '#shared/model/annotation-class.ts'
import { attributeProblem, parseAttribute, withAttribute } from '#shared/model/attributes.ts'
import { sameValue } from '#shared/model/change-set.ts'
import { t } from '#shared/texts/texts.ts'
import { Entry } from './entry.tsx'

const shown = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))

/** The common value of an attribute; undefined if the annotations differ or have none. */
function common(annotations: readonly Annotation[], name: string): unknown {
  const [first, ...others] = annotations.map(({ attributes }) => attributes[name])
  return others.every((value) => sameValue(value, first)) ? first : undefined
}

function differs(annotations: readonly Annotation[], name: string): boolean {
  return annotations.some(
    ({ attributes }) => !sameValue(attributes[name], annotations[0].attributes[name]),
  )
}

function setAttribute(
  editor: Editor,
  annotations: readonly Annotation[],
  name: string,
  value: Annotation['attributes'][string] | undefined,
): void {
  updateAnnotations(
    editor,
    value === undefined ? t('Remove {name}', { name }) : t('Set {name}', { name }),
    name === 'occluded' ? annotations : wholePoses(editor, annotations),
    (annotation) => withAttribute(annotation, name, value),
  )
}

/** Enter goes on to the next field, and from the last one back to the canvas; Escape goes back at once. */
function onFieldKey(event: KeyboardEvent<HTMLElement>): void {
  if (event.key === 'Escape') focusCanvas()
  if (event.key !== 'Enter') return
  event.preventDefault()
  const fields = [
    ...(document.getElementById(ATTRIBUTES_ID)?.querySelectorAll<HTMLElement>('[data-field]') ??
      []),
  ]
  const next = fields[fields.findIndex((field) => field.contains(event.currentTarget)) + 1]
  const control = next?.querySelector<HTMLElement>('input, select')
  if (control) control.focus()
  else focusCanvas()
}

function SchemaField({
  editor,
  schema,
  annotations,
}: {
  editor: Editor
  schema: AttributeSchema
  annotations: readonly Annotation[]
}) {
  const { name, type } = schema
  const value = common(annotations, name)
  const mixed = differs(annotations, name)
  const problem = mixed ? null : attributeProblem(schema, value)
  const label = t('Attribute {name}', { name })
  const set = (next: Annotation['attributes'][string] | undefined) =>
    setAttribute(editor, annotations, name, next)
  return (
    <div data-field="" className="grid grid-cols-[88px_1fr] items-center gap-1">
      <span
        className={classNames('truncate text-2xs', problem ? 'text-danger' : 'text-muted')}
        title={problem ? `${name} ${problem}` : name}
      >
        {name}
        {schema.required && ' *'}
      </span>
      {type === 'checkbox' && (
        <input
          type="checkbox"
          aria-label={label}
          className="size-4 accent-accent"
          checked={value === true}
          ref={(element) => {
            if (element) element.indeterminate = mixed
          }}
          onChange={({ target }) => set(target.checked)}
          onKeyDown={onFieldKey}
        />
      )}
      {type === 'select' && (
        <SelectField
          aria-label={label}
          aria-invalid={problem !== null}
          className="h-7 border-line px-1.5 text-xs"
          value={typeof value === 'string' ? value : ''}
          onChange={({ target }) => set(target.value === '' ? undefined : target.value)}
          onKeyDown={onFieldKey}
        >
          <option value="">{mixed ? 'different' : '–'}</option>
          {/* A value that is not among the choices is shown all the same: nothing is changed unasked. */}
          {typeof value === 'string' && !schema.values?.includes(value) && <option>{value}</option>}
          {schema.values?.map((option) => (
            <option key={option}>{option}</option>
          ))}
        </SelectField>
      )}
      {(type === 'text' || type === 'number') && (
        <Entry
          label={label}
          value={value === undefined ? '' : shown(value)}
          placeholder={mixed ? 'different' : (problem ?? '')}
          onConfirm={onFieldKey}
          onCommit={(text) => {
            const parsed = parseAttribute(schema, text)
            if (parsed) set(parsed.value)
            else say(t('{name}: “{text}” is not a number', { name, text }))
            return parsed !== null
          }}
        />
      )}
    </div>
  )
}

/** An attribute that no schema asks for. */
function FreeField({
  editor,
  name,
  annotations,
}: {
  editor: Editor
  name: string
  annotations: readonly Annotation[]
}) {
  const value = common(annotations, name)
  return (
    <div data-field="" className="grid grid-cols-[88px_1fr_24px] items-center gap-1">
      <span className="truncate text-2xs text-muted" title={name}>
        {name}
      </span>
      <Entry
        label={t('Attribute {name}', { name })}
        value={value === undefined ? '' : shown(value)}
        placeholder={value === undefined ? 'different' : ''}
        onConfirm={onFieldKey}
        onCommit={(text) => {
          setAttribute(editor, annotations, name, text)
          return true
        }}
      />
      <IconButton
        label={t('Remove attribute {name}', { name })}
        className="size-6"
        onClick={() => setAttribute(editor, annotations, name, undefined)}
      >
        <X />
      </IconButton>
    </div>
  )
}

/** The attributes that the classes of the selection ask for, then whatever else there is. */
export function AttributesSection({
  editor,
  annotations,
  asking,
}: {
  editor: Editor
  annotations: readonly Annotation[]
  /** The class whose attributes an annotation is asked for. */
  asking: (annotation: Annotation) => AnnotationClass | undefined
}) {
  const [name, setName] = useState('')
  // With several classes, only the attributes that all of them define: one value must fit all.
  const schemas = [...new Set(annotations.map(asking))].map((item) => item?.attributes ?? [])
  const asked = (schemas[0] ?? []).filter((schema) =>
    schemas.every((list) => list.some((other) => sameValue(other, schema))),
  )
  const askedNames = new Set(asked.map((schema) => schema.name))
  const names = [...new Set(annotations.flatMap(({ attributes }) => Object.keys(attributes)))]
  const free = names.filter((item) => !askedNames.has(item)).sort()
  const add = (event: FormEvent) => {
    event.preventDefault()
    const key = name.trim()
    if (key !== '' && !names.includes(key)) setAttribute(editor, annotations, key, '')
    setName('')
  }
  return (
    <div id={ATTRIBUTES_ID} className="flex flex-col gap-1">
      {asked.map((schema) => (
        <SchemaField key={schema.name} editor={editor} schema={schema} annotations={annotations} />
      ))}
      {free.map((key) => (
        <FreeField key={key} editor={editor} name={key} annotations={annotations} />
      ))}
      <form onSubmit={add} className="grid grid-cols-[1fr_24px] gap-1">
        <TextField
          aria-label={t('Name of a new attribute')}
          placeholder={t('New attribute')}
          className="h-7 border-line px-2 text-xs"
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <IconButton
          label={t('Add attribute')}
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
