import { CircleAlert } from 'lucide-react'
import { Component, type ErrorInfo, type ReactNode } from 'react'
import { messageOf } from '#shared/model/message-of.ts'
import { t } from '#shared/texts/texts.ts'
import { Button } from './button.tsx'
import { EmptyState } from './feedback.tsx'

interface Props {
  /** The failed region, as the subject of a sentence. */
  region: string
  onError: (error: unknown, region: string, componentStack: string) => void
  /** An alternative to retrying, such as closing a dialog. */
  leave?: { label: string; run: () => void }
  children: ReactNode
}

/** Contains an error in one region of the window: shows what happened and a retry button. */
export class ErrorBoundary extends Component<Props, { error: unknown }> {
  override state = { error: null as unknown }

  static getDerivedStateFromError(error: unknown) {
    return { error: error ?? new Error() }
  }

  override componentDidCatch(error: unknown, { componentStack }: ErrorInfo): void {
    this.props.onError(error, this.props.region, componentStack ?? '')
  }

  override render(): ReactNode {
    const { error } = this.state
    const { region, leave, children } = this.props
    if (error === null) return children
    return (
      <div role="alert" className="min-h-0 min-w-0 flex-1 overflow-auto bg-surface">
        <EmptyState
          icon={<CircleAlert />}
          title={t('{region} can’t be shown because of an error in the app', { region })}
        >
          <p className="mb-3 break-words">{messageOf(error)}</p>
          <p className="mb-3">{t('Your labels are saved. Details are in the log.')}</p>
          <div className="flex flex-wrap justify-center gap-2">
            <Button onClick={() => this.setState({ error: null })}>{t('Try again')}</Button>
            {leave && (
              <Button
                variant="ghost"
                onClick={() => {
                  this.setState({ error: null })
                  leave.run()
                }}
              >
                {leave.label}
              </Button>
            )}
          </div>
        </EmptyState>
      </div>
    )
  }
}
