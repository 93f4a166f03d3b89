import { workState } from '#renderer/document/work-state.ts'
import { client } from '#renderer/rpc/connection.ts'
import { notifyError } from './app-state.ts'

/** Asks for what runs, after events may have been missed. */
export async function loadWorks(): Promise<void> {
  workState.setState({ works: await client.works.list() })
}

export async function cancelWork(id: string): Promise<void> {
  try {
    await client.works.cancel({ id })
  } catch (error) {
    notifyError(error)
  }
}
