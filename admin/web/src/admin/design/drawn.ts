/** The neutral card of the server → what either client would show, for the preview (an approximation). */
import type { Drawn, DrawnField, DrawnSelect, DrawnValue, Option } from '../../shared/schema'
import type { Card, CardInput } from '../contract'

export type Client = 'dingtalk' | 'wecom'

const types: Record<string, string> = {
  text: 'TEXT', long_text: 'TEXT_AREA', number: 'NUMBER', money: 'NUMBER', date: 'DATE', datetime: 'DATETIME', time: 'TIME',
  select: 'SELECT', multi_select: 'MULTI_SELECT', switch: 'SWITCH',
}

const styles: Record<string, 'primary' | 'default' | 'danger'> = { primary: 'primary', danger: 'danger' }

const WECOM_SELECTS = 3
const WECOM_OPTIONS = 10

function optionsOf(input: CardInput): Option[] {
  return (input.options ?? []).map((option) => (typeof option === 'string' ? { value: option, text: option } : option))
}

const isChoice = (input: CardInput): boolean => input.kind === 'select' || input.kind === 'multi_select'

/** WeCom cards hold no free text: inputs fit only when every one is a short choice. */
export function fitsWecom(card: Card): boolean {
  const inputs = card.inputs ?? []
  return inputs.length <= WECOM_SELECTS && inputs.every((input) => isChoice(input) && optionsOf(input).length <= WECOM_OPTIONS)
}

function fieldOf(input: CardInput): DrawnField {
  return {
    key: input.key,
    label: input.label,
    type: types[input.kind] ?? 'TEXT',
    required: input.required,
    required_message: '',
    readonly: false,
    placeholder: '',
    format: null,
    options: optionsOf(input),
    value: (input.value ?? null) as DrawnValue,
  }
}

function selectOf(input: CardInput): DrawnSelect {
  const value = Array.isArray(input.value) ? input.value.map(String) : input.value ? [String(input.value)] : []
  return { key: input.key, title: input.label, multiple: input.kind === 'multi_select', enabled: true, options: optionsOf(input), value }
}

function base(card: Card): Drawn {
  return {
    title: card.title,
    subtitle: '',
    tint: card.tone,
    rows: (card.fields ?? []).map((field) => ({ ...field, url: null })),
    markdown: card.body ?? '',
    image: null,
    form: null,
    buttons: (card.buttons ?? []).map((button) => ({
      key: button.name,
      text: button.text,
      style: styles[button.style] ?? 'default',
      enabled: true,
      url: null,
    })),
    selects: [],
    menu: [],
    link: null,
    note: card.note ?? '',
  }
}

function onDingtalk(card: Card): Drawn {
  const drawn = base(card)
  if (card.inputs?.length) {
    drawn.form = { key: 'form', submit: card.submit ?? '提交', enabled: true, fields: card.inputs.map(fieldOf) }
  }
  return drawn
}

function onWecom(card: Card): Drawn {
  const drawn = base(card)
  if (!card.inputs?.length) return drawn
  const fits = fitsWecom(card)
  if (fits) drawn.selects = card.inputs.map(selectOf)
  const text = fits ? (card.submit ?? '提交') : '打开填写'
  drawn.buttons.unshift({ key: 'submit', text, style: 'primary', enabled: true, url: null })
  return drawn
}

export function drawnOn(client: Client, card: Card): Drawn {
  return client === 'dingtalk' ? onDingtalk(card) : onWecom(card)
}
