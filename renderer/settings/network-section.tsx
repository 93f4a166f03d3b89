import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { keepSettings } from '#renderer/actions/view-actions.ts'
import { cloudState } from '#renderer/document/cloud-state.ts'
import { client } from '#renderer/rpc/connection.ts'
import { orpc } from '#renderer/rpc/query.ts'
import { Button } from '#renderer/ui/button.tsx'
import { ErrorNote } from '#renderer/ui/feedback.tsx'
import { Choice, Field, TextField } from '#renderer/ui/field.tsx'
import { useStore } from '#renderer/ui/use-store.ts'
import type { Settings } from '#shared/contract/settings.ts'
import { messageOf } from '#shared/model/message-of.ts'
import { t } from '#shared/texts/texts.ts'

/** What is asked about where there is no account yet. */
const SERVICE = 'https://api.pictograph.io'

type Way = UseQueryResult<{ proxy: string | null; hasLogin: boolean }>

function Status({ host, way }: { host: string; way: Way }) {
  if (way.error) return <ErrorNote>{messageOf(way.error)}</ErrorNote>
  if (!way.data) return null
  const { proxy } = way.data
  return (
    <p role="status" className="text-sm text-muted">
      {proxy === null
        ? t('{host} is reached directly.', { host })
        : t('{host} is reached through the proxy {proxy}.', { host, proxy })}
    </p>
  )
}

/** The name and the password that a proxy asks for. They are kept with the keys of accounts, and never shown again. */
function Login({ way }: { way: Way }) {
  const [user, setUser] = useState('')
  const [password, setPassword] = useState('')
  const [problem, setProblem] = useState<string | null>(null)
  const set = async (login: { user: string; password: string } | null) => {
    try {
      await client.network.setLogin({ login })
      setUser('')
      setPassword('')
      setProblem(null)
      await way.refetch()
    } catch (error) {
      setProblem(messageOf(error))
    }
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void set({ user, password })
  }
  return (
    <form onSubmit={submit} className="flex flex-col gap-3 border-t border-line pt-4">
      <p className="text-xs text-muted">
        {way.data?.hasLogin
          ? t('A name and a password for the proxy are kept.')
          : t('If the proxy asks for a name and a password, enter them here.')}
      </p>
      <div className="flex items-end gap-2">
        <Field label={t('Name')}>
          {(id) => (
            <TextField
              id={id}
              autoComplete="off"
              value={user}
              onChange={({ target }) => setUser(target.value)}
            />
          )}
        </Field>
        <Field label={t('Password')}>
          {(id) => (
            <TextField
              id={id}
              type="password"
              autoComplete="off"
              value={password}
              onChange={({ target }) => setPassword(target.value)}
            />
          )}
        </Field>
        <Button type="submit" disabled={user === ''}>
          {t('Save')}
        </Button>
        {way.data?.hasLogin && (
          <Button variant="ghost" onClick={() => void set(null)}>
            {t('Forget')}
          </Button>
        )}
      </div>
      {problem !== null && <ErrorNote>{problem}</ErrorNote>}
    </form>
  )
}

/** How this machine reaches the service: proxy and certificates, as networks of companies need them. */
export function NetworkSection({ settings }: { settings: Settings }) {
  const [proxy, setProxy] = useState(settings.networkProxy)
  const [address, setAddress] = useState(settings.networkProxyAddress)
  const [caFile, setCaFile] = useState(settings.networkCaFile ?? '')
  const [problem, setProblem] = useState<string | null>(null)
  const url = useStore(cloudState, ({ accounts }) => accounts[0]?.baseUrl ?? SERVICE)
  const way = useQuery(orpc.network.describe.queryOptions({ input: { url }, staleTime: 0 }))
  const wanted = {
    networkProxy: proxy,
    networkProxyAddress: address,
    networkCaFile: caFile.trim() === '' ? null : caFile.trim(),
  }
  const isChanged =
    proxy !== settings.networkProxy ||
    address !== settings.networkProxyAddress ||
    wanted.networkCaFile !== settings.networkCaFile
  const apply = async (event: FormEvent) => {
    event.preventDefault()
    try {
      await keepSettings(wanted)
      setProblem(null)
      await way.refetch()
    } catch (error) {
      setProblem(messageOf(error))
    }
  }
  return (
    <section className="flex max-w-lg flex-col gap-5">
      <form onSubmit={(event) => void apply(event)} className="flex flex-col gap-5">
        <Choice
          label={t('Proxy')}
          name="network-proxy"
          value={proxy}
          options={[
            { value: 'system', label: t('System') },
            { value: 'none', label: t('None') },
            { value: 'manual', label: t('Manual') },
          ]}
          onChange={setProxy}
        />
        {proxy === 'manual' && (
          <Field
            label={t('Address of the proxy')}
            hint={t(
              'Such as proxy.example:8080. Begin with https:// or socks5:// for these kinds.',
            )}
          >
            {(id) => (
              <TextField
                id={id}
                value={address}
                onChange={({ target }) => setAddress(target.value)}
              />
            )}
          </Field>
        )}
        <Field
          label={t('File with more trusted certificates')}
          hint={t(
            'A PEM file, absolute path. Needed where the network inspects encrypted connections and the system does not trust its certificate.',
          )}
        >
          {(id) => (
            <TextField id={id} value={caFile} onChange={({ target }) => setCaFile(target.value)} />
          )}
        </Field>
        {problem !== null && <ErrorNote>{problem}</ErrorNote>}
        <div className="flex items-center gap-3">
          <Button type="submit" variant="primary" disabled={!isChanged}>
            {t('Apply')}
          </Button>
          <Status host={new URL(url).host} way={way} />
        </div>
      </form>
      {proxy !== 'none' && <Login way={way} />}
    </section>
  )
}
