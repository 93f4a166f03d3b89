import { useQuery } from '@tanstack/react-query'
import { notifyError } from '#renderer/actions/app-state.ts'
import { copyDiagnostics } from '#renderer/actions/help-actions.ts'
import { changeUpdate } from '#renderer/actions/updates.ts'
import { client } from '#renderer/rpc/connection.ts'
import { orpc } from '#renderer/rpc/query.ts'
import { Button } from '#renderer/ui/button.tsx'
import { ErrorNote } from '#renderer/ui/feedback.tsx'
import type { UpdateState } from '#shared/contract/updates.ts'
import { t } from '#shared/texts/texts.ts'

function Update({ state }: { state: UpdateState }) {
  switch (state.kind) {
    case 'off':
      return <p className="text-xs text-muted">{t('This copy doesn’t update automatically.')}</p>
    case 'checking':
      return <p className="text-xs text-muted">{t('Checking for updates…')}</p>
    case 'downloading':
      return (
        <p className="text-xs text-muted">
          {t('Version {version}: {count}% downloaded', {
            version: state.version,
            count: Math.round(state.share * 100),
          })}
        </p>
      )
    case 'current':
    case 'failed':
      return (
        <div className="flex items-center gap-3">
          <Button className="h-7 px-2.5" onClick={() => changeUpdate('check')}>
            {t('Check for updates')}
          </Button>
          <p className="text-xs text-muted">
            {state.kind === 'failed' ? state.message : t('You have the latest version.')}
          </p>
        </div>
      )
    case 'available':
    case 'ready':
      return (
        <div className="flex flex-col gap-2">
          <p className="text-sm">
            {state.kind === 'ready'
              ? t('Version {version} is ready to install.', { version: state.version })
              : t('Version {version} is available.', { version: state.version })}
          </p>
          {/* Notes come from the feed: they are text, whatever is in them. */}
          <p className="max-h-40 overflow-y-auto rounded-md bg-raised p-2.5 text-xs whitespace-pre-wrap">
            {state.notes || t('No release notes.')}
          </p>
          {state.kind === 'ready' && state.waitsFor !== null && (
            <p className="text-xs text-warning">{state.waitsFor}</p>
          )}
          <div className="flex gap-2">
            <Button
              variant="primary"
              className="h-7 px-2.5"
              disabled={state.kind === 'ready' && state.waitsFor !== null}
              onClick={() => changeUpdate(state.kind === 'ready' ? 'install' : 'download')}
            >
              {state.kind === 'ready' ? t('Restart to update') : t('Download')}
            </Button>
            <Button className="h-7 px-2.5" onClick={() => changeUpdate('refuse')}>
              {t('Skip this version')}
            </Button>
          </div>
        </div>
      )
  }
}

/** Version, data folder, and privacy. */
export function AboutSection() {
  const info = useQuery(orpc.app.info.queryOptions())
  const update = useQuery(orpc.app.update.queryOptions())
  if (info.isError) return <ErrorNote>{info.error.message}</ErrorNote>
  if (!info.data) return null
  const { version, dataDir, canReveal } = info.data
  return (
    <div className="flex flex-col gap-5">
      <section className="flex flex-col gap-2">
        <h3 className="text-sm font-semibold">{t('Pictograph Desktop {version}', { version })}</h3>
        {update.data && <Update state={update.data} />}
      </section>
      <section className="flex flex-col gap-2">
        <h3 className="text-sm font-semibold">{t('Data folder')}</h3>
        <p className="text-xs text-muted">
          {t(
            'Labels, settings, the log and cached images are stored here. Your image folders stay where they are.',
          )}
        </p>
        <p className="text-xs break-all" data-name>
          {dataDir}
        </p>
        <p className="text-xs text-muted">
          {t('To use another folder, start the app with {option} or set {variable}.', {
            option: '--data',
            variable: 'PICTOGRAPH_DATA_DIR',
          })}
        </p>
        {canReveal && (
          <Button
            className="h-7 self-start px-2.5"
            onClick={() => void client.folders.reveal({ path: dataDir }).catch(notifyError)}
          >
            {t('Show the folder')}
          </Button>
        )}
      </section>
      <section className="flex flex-col gap-2">
        <h3 className="text-sm font-semibold">{t('Privacy')}</h3>
        <p className="text-xs text-muted">
          {t(
            'Data is sent only to the service of your accounts. There are no statistics and no crash reports. Images in a folder are sent only if you allow assisted labeling for it. Without an account, nothing leaves this computer.',
          )}
        </p>
      </section>
      <section className="flex flex-col gap-2">
        <h3 className="text-sm font-semibold">{t('Troubleshooting')}</h3>
        <p className="text-xs text-muted">
          {t(
            'Diagnostics contain versions, counts and recent log entries, but no API keys. The log may include file names, so read it before you share it.',
          )}
        </p>
        <Button className="h-7 self-start px-2.5" onClick={() => void copyDiagnostics()}>
          {t('Copy diagnostics')}
        </Button>
      </section>
    </div>
  )
}
