import { Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { Button, IconButton } from '#renderer/ui/button.tsx'
import { SelectField, TextField } from '#renderer/ui/field.tsx'
import { newId } from '#shared/model/annotation.ts'
import { type AttributeSchema, attributeSchema } from '#shared/model/annotation-class.ts'
import { parseAttribute } from '#shared/model/attributes.ts'
import { t } from '#shared/texts/texts.ts'

const TYPES: Record<AttributeSchema['type'], string> = {
  text: t('Text'),
  number: t('Number'),
  select: t('Choice'),
  checkbox: t('Checkbox'),
}

const SMALL = 'h-7 border-line px-1.5 text-xs'

function DefaultField({
  schema,
  onChange,
}: {
  schema: AttributeSchema
  onChange: (schema: AttributeSchema) => void
}) {
  const label = t('Default of {name}', { name: schema.name })
  const { default: value, ...without } = schema
  const [text, setText] = useState(value === undefined ? '' : String(value))
  const set = (next: AttributeSchema['default']) =>
    onChange(next === undefined ? without : { ...without, default: next })
  if (schema.type === 'text' || schema.type === 'number')
    return (
      <TextField
        aria-label={label}
        className={SMALL}
        placeholder="none"
        value={text}
        onChange={({ target }) => {
          setText(target.value)
          const parsed = parseAttribute(schema, target.value)
          // Text that is no number is kept as typed and reported as a problem.
          set(parsed ? parsed.value : target.value)
        }}
      />
    )
  const options = schema.type === 'checkbox' ? ['yes', 'no'] : (schema.values ?? [])
  const shown = typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value ?? '')
  return (
    <SelectField
      aria-label={label}
      className={SMALL}
      value={shown}
      onChange={({ target }) => {
        if (target.value === '') set(undefined)
        else set(schema.type === 'checkbox' ? target.value === 'yes' : target.value)
      }}
    >
      <option value="">{t('none')}</option>
      {options.map((option) => (
        <option key={option}>{option}</option>
      ))}
    </SelectField>
  )
}

/** The text stays as it is typed; what it lists counts at once. */
function ChoicesField({
  schema,
  onChange,
}: {
  schema: AttributeSchema
  onChange: (schema: AttributeSchema) => void
}) {
  const [text, setText] = useState(schema.values?.join(', ') ?? '')
  return (
    <TextField
      aria-label={t('Choices of {name}', { name: schema.name })}
      className={SMALL}
      placeholder="red, green, blue"
      value={text}
      onChange={({ target }) => {
        setText(target.value)
        const values = target.value.split(',').map((value) => value.trim())
        onChange({ ...schema, values: [...new Set(values.filter((value) => value !== ''))] })
      }}
    />
  )
}

/** What a class asks of each of its annotations. */
export function AttributeSchemaEditor({
  attributes,
  onChange,
}: {
  attributes: readonly AttributeSchema[]
  onChange: (attributes: AttributeSchema[]) => void
}) {
  // Rows keep their half-typed texts when another one goes.
  const [rowIds, setRowIds] = useState(() => attributes.map(newId))
  const [added, setAdded] = useState<string | null>(null)
  const change = (index: number, schema: AttributeSchema) =>
    onChange(attributes.with(index, schema))
  const columns =
    'grid grid-cols-[minmax(0,1fr)_104px_minmax(0,1.4fr)_84px_60px_24px] items-center gap-1.5 text-2xs text-muted'
  return (
    <div className="flex flex-col gap-1.5">
      {attributes.length > 0 && (
        <div className={columns} aria-hidden="true">
          <span>{t('Name')}</span>
          <span>{t('Type')}</span>
          <span>{t('Choices, separated by commas')}</span>
          <span>{t('Default')}</span>
          <span>{t('Required')}</span>
        </div>
      )}
      {attributes.map((schema, index) => (
        <div key={rowIds[index]} className={columns}>
          <TextField
            // The name of a new one is typed at once.
            ref={(element) => {
              if (rowIds[index] !== added) return
              setAdded(null)
              element?.select()
            }}
            aria-label={t('Name of attribute {value}', { value: index + 1 })}
            className={SMALL}
            value={schema.name}
            onChange={({ target }) => change(index, { ...schema, name: target.value })}
          />
          <SelectField
            aria-label={t('Type of {name}', { name: schema.name })}
            className={SMALL}
            value={schema.type}
            onChange={({ target }) => {
              const { name, required } = schema
              change(index, {
                name,
                type: attributeSchema.shape.type.parse(target.value),
                ...(required && { required }),
              })
            }}
          >
            {Object.entries(TYPES).map(([type, label]) => (
              <option key={type} value={type}>
                {label}
              </option>
            ))}
          </SelectField>
          {schema.type === 'select' ? (
            <ChoicesField schema={schema} onChange={(next) => change(index, next)} />
          ) : (
            <span />
          )}
          <DefaultField
            key={`${schema.type} ${schema.values}`}
            schema={schema}
            onChange={(next) => change(index, next)}
          />
          <input
            type="checkbox"
            aria-label={t('{name} is required', { name: schema.name })}
            className="size-4 justify-self-center accent-accent"
            checked={schema.required ?? false}
            onChange={({ target }) => {
              const { required: _old, ...others } = schema
              change(index, target.checked ? { ...others, required: true } : others)
            }}
          />
          <IconButton
            label={t('Remove {name}', { name: schema.name })}
            className="size-6"
            onClick={() => {
              setRowIds(rowIds.toSpliced(index, 1))
              onChange(attributes.toSpliced(index, 1))
            }}
          >
            <Trash2 />
          </IconButton>
        </div>
      ))}
      <Button
        className="h-7 self-start px-2 text-xs"
        onClick={() => {
          let number = attributes.length + 1
          while (attributes.some(({ name }) => name === `attribute ${number}`)) number++
          const id = newId()
          setRowIds([...rowIds, id])
          setAdded(id)
          onChange([...attributes, { name: `attribute ${number}`, type: 'text' }])
        }}
      >
        <Plus className="size-3.5" /> {t('Attribute')}
      </Button>
    </div>
  )
}
