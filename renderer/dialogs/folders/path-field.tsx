import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useCallback, useState } from 'react'
import { notifyError } from '#renderer/actions/app-state.ts'
import { client } from '#renderer/rpc/connection.ts'
import { orpc } from '#renderer/rpc/query.ts'
import { Button } from '#renderer/ui/button.tsx'
import { Field, TextField } from '#renderer/ui/field.tsx'
import { t } from '#shared/texts/texts.ts'
import { FolderPicker } from './folder-picker.tsx'

interface PathFieldProps {
  label: string
  hint?: ReactNode
  value: string
  onChange: (path: string) => void
  allowCreate?: boolean
  showFiles?: RegExp
  /** Enter in the field. */
  onEnter?: () => void
}

/** A path field with a browse button: the system's dialog if there is one, otherwise a picker below the field. */
export function PathField({
  label,
  hint,
  value,
  onChange,
  allowCreate,
  showFiles,
  onEnter,
}: PathFieldProps) {
  const info = useQuery(orpc.app.info.queryOptions())
  const [browsing, setBrowsing] = useState(false)
  const choose = useCallback((path: string | null) => path !== null && onChange(path), [onChange])
  const browse = async () => {
    if (!info.data?.canPickFolder) {
      setBrowsing(!browsing)
      return
    }
    const path = await client.folders.pick({ title: label })
    if (path !== null) onChange(path)
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape closes the list of folders, not the dialog around it
    <div
      className="flex flex-col gap-2"
      {...(browsing && { 'data-keeps-escape': '' })}
      onKeyDown={(event) => event.key === 'Escape' && setBrowsing(false)}
    >
      <Field label={label} hint={hint}>
        {(id) => (
          <div className="flex gap-2">
            <TextField
              id={id}
              value={value}
              spellCheck={false}
              placeholder="/path/to/folder"
              onChange={(event) => onChange(event.target.value)}
              onKeyDown={(event) => event.key === 'Enter' && value !== '' && onEnter?.()}
            />
            <Button
              aria-expanded={info.data?.canPickFolder ? undefined : browsing}
              onClick={() => void browse().catch(notifyError)}
            >
              {t('Browse…')}
            </Button>
          </div>
        )}
      </Field>
      {browsing && (
        <FolderPicker
          start={value || null}
          onChoose={choose}
          allowCreate={allowCreate}
          showFiles={showFiles}
        />
      )}
    </div>
  )
}
