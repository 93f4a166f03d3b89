import { keepPreviousData, QueryClient, QueryObserver } from '@tanstack/react-query'
import { expect, test, vi } from 'vitest'
import { folderToChoose } from './folder-to-choose.ts'

test('while a folder loads, the one before is still shown, but cannot be opened', async () => {
  const queryClient = new QueryClient()
  const answers = new Map<string, PromiseWithResolvers<{ path: string }>>()
  const listingOf = (path: string) => ({
    queryKey: ['folders', path],
    queryFn: () => {
      answers.set(path, Promise.withResolvers())
      return answers.get(path)?.promise as Promise<{ path: string }>
    },
    placeholderData: keepPreviousData,
    retry: false,
  })
  const observer = new QueryObserver(queryClient, listingOf('/home'))
  using _watching = { [Symbol.dispose]: observer.subscribe(() => {}) }
  const offered = () => folderToChoose(observer.getCurrentResult())
  expect(offered()).toBeNull()
  answers.get('/home')?.resolve({ path: '/home' })
  await vi.waitFor(() => expect(offered()).toBe('/home'))
  observer.setOptions(listingOf('/typed'))
  expect(observer.getCurrentResult().data).toEqual({ path: '/home' })
  expect(offered()).toBeNull()
  answers.get('/typed')?.resolve({ path: '/typed' })
  await vi.waitFor(() => expect(offered()).toBe('/typed'))
  observer.setOptions(listingOf('/missing'))
  answers.get('/missing')?.reject(new Error('There is no such folder'))
  await vi.waitFor(() => expect(observer.getCurrentResult().isError).toBe(true))
  expect(offered()).toBeNull()
})
