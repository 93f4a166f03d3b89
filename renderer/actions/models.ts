import { client } from '#renderer/rpc/connection.ts'
import { type Dropped, stageFiles } from './transfers.ts'

const isModel = (name: string) => /\.onnx$/i.test(name)

/** Whether nothing but models was dropped or chosen. */
export function areModels(dropped: Dropped): boolean {
  const names = dropped.kind === 'paths' ? dropped.paths : dropped.files.map(({ path }) => path)
  return names.length > 0 && names.every(isModel)
}

/** Copies models to this machine's others. Answers in words which files were refused, and why. */
export async function addModels(dropped: Dropped): Promise<string[]> {
  if (dropped.kind === 'paths') return (await client.models.add({ paths: dropped.paths })).problems
  const { stageId, paths } = await stageFiles(dropped.files, () => {}, new AbortController().signal)
  try {
    return (await client.models.add({ paths })).problems
  } finally {
    await client.transfers.unstage({ stageId })
  }
}
