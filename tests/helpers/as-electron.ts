/** Loaded with `--import`: plain Node then tells the version of an Electron, in this thread and in its workers. */
Object.defineProperty(process, 'versions', {
  value: Object.freeze({ ...process.versions, electron: '45.4.1' }),
})
