import { Tabs } from 'radix-ui'
import type { ReactNode } from 'react'
import { type SettingsSection, showDialog } from '#renderer/actions/app-state.ts'
import { datasetState } from '#renderer/document/dataset-state.ts'
import {
  AidControls,
  InputControls,
  PictureControls,
  ShapeControls,
} from '#renderer/editor/view-controls.tsx'
import { Modal } from '#renderer/ui/modal.tsx'
import { useStore } from '#renderer/ui/use-store.ts'
import type { Settings } from '#shared/contract/settings.ts'
import { t } from '#shared/texts/texts.ts'
import { AboutSection } from './about-section.tsx'
import { AccountsSection } from './accounts-section.tsx'
import { AssistSection } from './assist-section.tsx'
import { GeneralSection } from './general-section.tsx'
import { LabelFilesSection } from './label-files-section.tsx'
import { NetworkSection } from './network-section.tsx'
import { ServiceSection } from './service-section.tsx'
import { ShortcutsSection } from './shortcuts-section.tsx'
import { StorageSection } from './storage-section.tsx'

const TAB =
  'w-full rounded-md px-2.5 py-1.5 text-left text-sm text-muted hover:bg-hover data-[state=active]:bg-accent-soft data-[state=active]:font-medium data-[state=active]:text-accent-text'

/** All settings, by section. `first`: the section shown first. */
export function SettingsDialog({
  settings,
  first,
}: {
  settings: Settings
  first: SettingsSection
}) {
  const dataset = useStore(datasetState, (state) => state.dataset)
  const sections: { id: SettingsSection; label: string; content: ReactNode }[] = [
    { id: 'general', label: t('General'), content: <GeneralSection settings={settings} /> },
    {
      id: 'canvas',
      label: t('Canvas'),
      content: (
        <div className="flex max-w-md flex-col gap-5">
          <ShapeControls settings={settings} />
          <AidControls settings={settings} />
          <InputControls settings={settings} />
          <PictureControls settings={settings} />
        </div>
      ),
    },
    { id: 'shortcuts', label: t('Shortcuts'), content: <ShortcutsSection settings={settings} /> },
    {
      id: 'accounts',
      label: t('Accounts'),
      content: (
        <div className="flex flex-col gap-6">
          <AccountsSection />
          <AssistSection />
        </div>
      ),
    },
    { id: 'storage', label: t('Storage'), content: <StorageSection settings={settings} /> },
    {
      id: 'transfers',
      label: t('Transfers'),
      content: <ServiceSection settings={settings} />,
    },
    { id: 'network', label: t('Network'), content: <NetworkSection settings={settings} /> },
    ...(dataset && !dataset.remote
      ? [
          {
            id: 'labels' as const,
            label: t('Label files'),
            content: <LabelFilesSection key={dataset.id} dataset={dataset} />,
          },
        ]
      : []),
    { id: 'about', label: t('About and privacy'), content: <AboutSection /> },
  ]
  return (
    <Modal title={t('Settings')} onClose={() => showDialog(null)} wide>
      <Tabs.Root defaultValue={first} orientation="vertical" className="flex h-[64vh] gap-6">
        <Tabs.List aria-label={t('Settings')} className="flex w-40 shrink-0 flex-col gap-0.5">
          {sections.map(({ id, label }) => (
            <Tabs.Trigger key={id} value={id} className={TAB}>
              {label}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
        {sections.map(({ id, content }) => (
          <Tabs.Content
            key={id}
            value={id}
            className="min-w-0 flex-1 overflow-y-auto pr-1 pb-2 -outline-offset-2"
          >
            {content}
          </Tabs.Content>
        ))}
      </Tabs.Root>
    </Modal>
  )
}
