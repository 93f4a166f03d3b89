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

/** The address checked while there is no account. */
const SERVICE = 'https://api.pictograph.io'

type Way = UseQueryResult<{ proxy: string | null; loginFor: string | null }>

function Status({ host, way }: { host: string; way: Way }) {
  if (way.error) return <ErrorNote>{messageOf(way.error)}</ErrorNote>
  if (!way.data) return null
  const { proxy } = way.data
  return (
    <p role="status" className="text-sm text-muted">
      {proxy === null
        ? t('Connecting to {host} directly.', { host })
        : t('Connecting to {host} through the proxy {proxy}.', { host, proxy })}
    </p>
  )
}

/** The name and the password that the proxy in use asks for. They are kept with the keys of accounts, and never shown again. */
function Login({ way, proxy }: { way: Way; proxy: string | null }) {
  const [user, setUser] = useState('')
  const [password, setPassword] = useState('')
  const [problem, setProblem] = useState<string | null>(null)
  const loginFor = way.data?.loginFor ?? null
  const set = async (login: { proxy: string; user: string; password: string } | null) => {
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
    if (proxy !== null) void set({ proxy, user, password })
  }
  return (
    <form onSubmit={submit} className="flex flex-col gap-3 border-t border-line pt-4">
      <p className="text-xs text-muted">
        {loginFor !== null
          ? t('A name and password for {proxy} are saved. No other proxy receives them.', {
              proxy: loginFor,
            })
          : t('If {proxy} asks for a name and password, enter them here.', {
              proxy: proxy ?? '',
            })}
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
        <Button type="submit" disabled={user === '' || proxy === null}>
          {t('Save')}
        </Button>
        {loginFor !== null && (
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
  const [exceptions, setExceptions] = useState(settings.networkProxyExceptions)
  const [caFile, setCaFile] = useState(settings.networkCaFile ?? '')
  const [problem, setProblem] = useState<string | null>(null)
  const url = useStore(cloudState, ({ accounts }) => accounts[0]?.baseUrl ?? SERVICE)
  const way = useQuery(orpc.network.describe.queryOptions({ input: { url }, staleTime: 0 }))
  const wanted = {
    networkProxy: proxy,
    networkProxyAddress: address,
    networkProxyExceptions: exceptions,
    networkCaFile: caFile.trim() === '' ? null : caFile.trim(),
  }
  const isChanged =
    proxy !== settings.networkProxy ||
    address !== settings.networkProxyAddress ||
    exceptions !== settings.networkProxyExceptions ||
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
    <section className="flex max-w-xl flex-col gap-4">
      <form onSubmit={(event) => void apply(event)} className="flex flex-col gap-4">
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
          <div className="grid grid-cols-2 items-start gap-4">
            <Field
              label={t('Proxy address')}
              hint={t(
                'For example proxy.example:8080. Start with https:// or socks5:// for those protocols.',
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
            <Field
              label={t('Hosts without proxy')}
              hint={t('For example intranet.example, 10.0.0.0/8. A name includes its subdomains.')}
            >
              {(id) => (
                <TextField
                  id={id}
                  value={exceptions}
                  onChange={({ target }) => setExceptions(target.value)}
                />
              )}
            </Field>
          </div>
        )}
        <Field
          label={t('Additional trusted certificates')}
          hint={t(
            'The full path of a PEM file. Needed if your network inspects encrypted connections with a certificate that the system doesn’t trust.',
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
      {way.data && (way.data.proxy !== null || way.data.loginFor !== null) && (
        <Login way={way} proxy={way.data.proxy} />
      )}
    </section>
  )
}
