import { chosenLanguage, loadTexts } from './texts/languages.ts'

// Words are read where modules begin: the language comes before all of them.
await loadTexts(chosenLanguage())
await import('./start.tsx')
