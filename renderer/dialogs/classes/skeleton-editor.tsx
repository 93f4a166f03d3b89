import { ArrowDown, ArrowUp, Plus, Trash2 } from 'lucide-react'
import { type PointerEvent, useRef, useState } from 'react'
import { Button, IconButton } from '#renderer/ui/button.tsx'
import { classNames } from '#renderer/ui/class-names.ts'
import { SelectField, TextField } from '#renderer/ui/field.tsx'
import type { Skeleton } from '#shared/model/annotation-class.ts'
import { guessPairs } from '#shared/model/pose.ts'
import {
  addNode,
  changeNode,
  hasEdge,
  pairNodes,
  partnerOf,
  removeNode,
  shiftNode,
  toggleEdge,
} from '#shared/model/skeleton-edit.ts'
import { SKELETON_TEMPLATES } from '#shared/model/skeleton-templates.ts'
import { counted, t } from '#shared/texts/texts.ts'

interface EditorProps {
  skeleton: Skeleton
  color: string
  onChange: (skeleton: Skeleton) => void
}

/** Half the size of the drawing in its own units; the margin keeps joints at the edge whole. */
const SIDE = 100
const MARGIN = 8

/** The template: drag moves a joint, a click on free space adds one, Shift+click connects with the chosen one. */
function Drawing({
  skeleton,
  color,
  onChange,
  chosen,
  setChosen,
}: EditorProps & { chosen: number | null; setChosen: (index: number | null) => void }) {
  const svg = useRef<SVGSVGElement>(null)
  const [dragged, setDragged] = useState<number | null>(null)
  const place = (index: number) => {
    const { x = 0.5, y = 0.5 } = skeleton.nodes[index]
    return { x: x * SIDE, y: y * SIDE }
  }
  const at = (event: PointerEvent) => {
    const box = svg.current?.getBoundingClientRect()
    if (!box) return { x: 0, y: 0 }
    const unit = (offset: number, size: number) => {
      const value = ((offset / size) * (SIDE + 2 * MARGIN) - MARGIN) / SIDE
      return Math.round(Math.min(1, Math.max(0, value)) * 1000) / 1000
    }
    return {
      x: unit(event.clientX - box.left, box.width),
      y: unit(event.clientY - box.top, box.height),
    }
  }
  const press = (index: number, event: PointerEvent) => {
    event.stopPropagation()
    if (event.shiftKey && chosen !== null) {
      onChange(toggleEdge(skeleton, chosen, index))
      return
    }
    svg.current?.setPointerCapture(event.pointerId)
    setChosen(index)
    setDragged(index)
  }
  return (
    <svg
      ref={svg}
      role="img"
      aria-label={t('The template. The list next to it shows and edits the same joints.')}
      viewBox={`${-MARGIN} ${-MARGIN} ${SIDE + 2 * MARGIN} ${SIDE + 2 * MARGIN}`}
      className="aspect-square w-full touch-none rounded-md border border-line bg-canvas select-none"
      onPointerDown={(event) => {
        const { x, y } = at(event)
        setChosen(skeleton.nodes.length)
        onChange(addNode(skeleton, x, y))
      }}
      onPointerMove={(event) => {
        if (dragged !== null) onChange(changeNode(skeleton, dragged, at(event)))
      }}
      onPointerUp={() => setDragged(null)}
    >
      {skeleton.edges.map(([from, to]) => {
        const [a, b] = [place(from), place(to)]
        return (
          <line
            key={`${from} ${to}`}
            x1={a.x}
            y1={a.y}
            x2={b.x}
            y2={b.y}
            stroke={color}
            strokeWidth="1.2"
          />
        )
      })}
      {skeleton.nodes.map((node, index) => {
        const { x, y } = place(index)
        return (
          <g key={node.name} onPointerDown={(event) => press(index, event)} cursor="move">
            <circle cx={x} cy={y} r="5" fill="transparent" />
            <circle
              cx={x}
              cy={y}
              r={index === chosen ? 3.2 : 2.4}
              fill={index === chosen ? '#ffffff' : color}
              stroke={index === chosen ? color : '#ffffff'}
              strokeWidth="1"
            />
            {index === chosen && (
              <text
                x={x}
                y={y - 5}
                textAnchor={x > 70 ? 'end' : x < 30 ? 'start' : 'middle'}
                className="fill-text text-[5px] font-semibold"
              >
                {node.name}
              </text>
            )}
          </g>
        )
      })}
    </svg>
  )
}

const NODE_COLUMNS =
  'grid grid-cols-[20px_minmax(0,1fr)_minmax(0,128px)_72px_72px] items-center gap-1 px-1'

function NodeRow({
  skeleton,
  index,
  chosen,
  onChoose,
  onChange,
}: {
  skeleton: Skeleton
  index: number
  chosen: boolean
  onChoose: (index: number) => void
  onChange: (skeleton: Skeleton) => void
}) {
  const { name } = skeleton.nodes[index]
  const partner = partnerOf(skeleton, index)
  const others = skeleton.nodes
    .map((node, other) => ({ name: node.name, other }))
    .filter(({ other }) => other !== index)
  const small = 'h-7 border-line px-1.5 text-xs'
  return (
    <li
      className={classNames(NODE_COLUMNS, 'rounded-md', chosen && 'bg-accent-soft')}
      onFocus={() => onChoose(index)}
    >
      <span className="text-right text-2xs text-muted tabular-nums">{index + 1}</span>
      <TextField
        aria-label={t('Name of joint {value}', { value: index + 1 })}
        className={small}
        value={name}
        onChange={(event) => onChange(changeNode(skeleton, index, { name: event.target.value }))}
      />
      <SelectField
        aria-label={t('Other side of {name}', { name })}
        className={small}
        value={partner ?? ''}
        onChange={({ target }) =>
          onChange(pairNodes(skeleton, index, target.value === '' ? null : Number(target.value)))
        }
      >
        <option value="">{t('None')}</option>
        {others.map((item) => (
          <option key={item.name} value={item.other}>
            {item.name}
          </option>
        ))}
      </SelectField>
      <SelectField
        aria-label={t('Connect {name} to', { name })}
        className={small}
        value=""
        onChange={({ target }) => onChange(toggleEdge(skeleton, index, Number(target.value)))}
      >
        <option value="">
          {counted(skeleton.edges.filter((edge) => edge.includes(index)).length, 'line')}
        </option>
        {others.map((item) => (
          <option key={item.name} value={item.other}>
            {hasEdge(skeleton, index, item.other) ? '✓ ' : ''}
            {item.name}
          </option>
        ))}
      </SelectField>
      <span className="flex">
        <IconButton
          label={t('Move {name} up', { name })}
          className="size-6"
          disabled={index === 0}
          onClick={() => onChange(shiftNode(skeleton, index, -1))}
        >
          <ArrowUp />
        </IconButton>
        <IconButton
          label={t('Move {name} down', { name })}
          className="size-6"
          disabled={index === skeleton.nodes.length - 1}
          onClick={() => onChange(shiftNode(skeleton, index, 1))}
        >
          <ArrowDown />
        </IconButton>
        <IconButton
          label={t('Remove {name}', { name })}
          className="size-6"
          onClick={() => onChange(removeNode(skeleton, index))}
        >
          <Trash2 />
        </IconButton>
      </span>
    </li>
  )
}

/** Joints, lines and left/right pairs of a class, drawn and listed. */
export function SkeletonEditor({ skeleton, color, onChange }: EditorProps) {
  const [chosen, setChosen] = useState<number | null>(null)
  return (
    <div className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center gap-2">
        <SelectField
          aria-label={t('Start from a template')}
          className="h-7 w-52 text-xs"
          value=""
          onChange={({ target }) => {
            setChosen(null)
            onChange(SKELETON_TEMPLATES[Number(target.value)].skeleton)
          }}
        >
          <option value="">{t('Start from a template…')}</option>
          {SKELETON_TEMPLATES.map(({ label }, index) => (
            <option key={label} value={index}>
              {label}
            </option>
          ))}
        </SelectField>
        <Button className="h-7 px-2 text-xs" onClick={() => onChange(addNode(skeleton, 0.5, 0.5))}>
          <Plus className="size-3.5" /> {t('Joint')}
        </Button>
        <Button
          className="h-7 px-2 text-xs"
          disabled={skeleton.nodes.length < 2}
          onClick={() => onChange({ ...skeleton, pairs: guessPairs(skeleton.nodes) })}
        >
          {t('Pair left and right by name')}
        </Button>
      </div>
      <div className="grid grid-cols-[240px_minmax(0,1fr)] gap-3 max-[760px]:grid-cols-1">
        <div className="flex flex-col gap-1">
          <Drawing
            skeleton={skeleton}
            color={color}
            onChange={onChange}
            chosen={chosen}
            setChosen={setChosen}
          />
          <p className="text-2xs text-muted">
            {t(
              'Click to add a joint, drag to move it. Shift+click connects it to the selected one.',
            )}
          </p>
        </div>
        {skeleton.nodes.length === 0 ? (
          <p className="text-xs text-muted">
            {t(
              'No joints yet. Once there are some, the pose tool places them in the order of this list.',
            )}
          </p>
        ) : (
          <div className="flex min-w-0 flex-col gap-1">
            <div className={classNames(NODE_COLUMNS, 'text-2xs text-muted')} aria-hidden="true">
              <span />
              <span>{t('Joint')}</span>
              <span>{t('Other side')}</span>
              <span>{t('Lines')}</span>
              <span>{t('Order')}</span>
            </div>
            <ol className="flex max-h-72 flex-col gap-0.5 overflow-y-auto">
              {skeleton.nodes.map((_, index) => (
                <NodeRow
                  // biome-ignore lint/suspicious/noArrayIndexKey: a joint keeps its field while it is renamed
                  key={index}
                  skeleton={skeleton}
                  index={index}
                  chosen={chosen === index}
                  onChoose={setChosen}
                  onChange={onChange}
                />
              ))}
            </ol>
          </div>
        )}
      </div>
    </div>
  )
}
