/** Loaded with `--import`: makes plain Node report an Electron version, in this thread and in its workers. */
Object.defineProperty(process, 'versions', {
  value: Object.freeze({ ...process.versions, electron: '45.4.1' }),
})
