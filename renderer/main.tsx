import { chosenLanguage, loadTexts } from './texts/languages.ts'

// Modules read texts when they load, so the language must be set first.
await loadTexts(chosenLanguage())
await import('./start.tsx')
