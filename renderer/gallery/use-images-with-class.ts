import { useEffect, useState } from 'react'
import { notifyError } from '#renderer/actions/app-state.ts'
import { client } from '#renderer/rpc/connection.ts'

const NONE: ReadonlySet<string> = new Set()

/** The ids of the images that have annotations of a class; they come in pieces. An empty name asks for none. */
export function useImagesWithClass(datasetId: string, className: string): ReadonlySet<string> {
  const [ids, setIds] = useState(NONE)
  useEffect(() => {
    setIds(NONE)
    if (className === '') return
    let isWanted = true
    const look = async () => {
      const all = new Set<string>()
      for (let after: string | null = null; ; ) {
        const page: { ids: string[]; next: string | null } = await client.images.withClass({
          datasetId,
          className,
          after,
        })
        if (!isWanted) return
        for (const id of page.ids) all.add(id)
        if (page.ids.length > 0 || page.next === null) setIds(new Set(all))
        if (page.next === null) return
        after = page.next
      }
    }
    look().catch(notifyError)
    return () => {
      isWanted = false
    }
  }, [datasetId, className])
  return ids
}
