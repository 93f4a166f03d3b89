import { library } from './0001-library.ts'

/** In order; the index of the last is the database's `user_version`. Never edited once released. */
export const MIGRATIONS: readonly string[] = [library]
