import icon from '#renderer/icon.svg'

export function Logo({ className }: { className: string }) {
  return <img src={icon} alt="" className={className} />
}
