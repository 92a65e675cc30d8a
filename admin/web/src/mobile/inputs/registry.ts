/**
 * Which component fills which kind of field, and how its value travels between the form and the component.
 * TypeScript refuses a kind of shared/fieldTypes.ts that is missing here.
 */
import { defineAsyncComponent, type Component } from 'vue'
import type { FieldType } from '../../shared/fieldTypes'
import type { Value } from '../../shared/schema'
import { addressOf, filesOf, isEmpty, isOn, rangeOf, textOf, textsOf } from '../form/values'
import AttachmentInput from './AttachmentInput.vue'
import CodeInput from './CodeInput.vue'
import DateInput from './DateInput.vue'
import LinkInput from './LinkInput.vue'
import NumberInput from './NumberInput.vue'
import PickInput from './PickInput.vue'
import RangeInput from './RangeInput.vue'
import SelectInput from './SelectInput.vue'
import SwitchInput from './SwitchInput.vue'
import TextInput from './TextInput.vue'
import TimeInput from './TimeInput.vue'
import ShownValue from './ShownValue.vue'

export interface Entry {
  component: Component
  /** what the component gets as `modelValue` */
  read: (value: Value | undefined) => unknown
  /** what it emits, as a value of the form */
  write: (given: never) => Value
  more?: object
}

const text = { read: textOf, write: (given: string): Value => (given === '' ? null : given) }
const texts = { read: textsOf, write: (given: string[]): Value => given }
const first = {
  read: (value: Value | undefined) => (textOf(value) ? [textOf(value)] : []),
  write: (given: string[]): Value => given[0] || null,
}
const files = { read: filesOf, write: (given: Value): Value => given }
const whole = (read: Entry['read']) => ({ read, write: (given: Value): Value => (isEmpty(given) ? null : given) })
const shown: Entry = { component: ShownValue, read: (value) => value, write: (given: Value) => given }

const AddressInput = defineAsyncComponent(() => import('./AddressInput.vue'))
const RichTextInput = defineAsyncComponent(() => import('./RichTextInput.vue'))

export const INPUTS: Record<FieldType, Entry> = {
  text: { component: TextInput, ...text },
  rich_text: { component: RichTextInput, ...text },
  number: { component: NumberInput, ...text },
  money: { component: NumberInput, ...text },
  date: { component: DateInput, ...text },
  datetime: { component: DateInput, ...text },
  time: { component: TimeInput, ...text },
  date_range: { component: RangeInput, ...whole(rangeOf) },
  datetime_range: { component: RangeInput, ...whole(rangeOf) },
  select: { component: SelectInput, ...first },
  multi_select: { component: SelectInput, ...texts, more: { multiple: true } },
  switch: { component: SwitchInput, read: isOn, write: (given: boolean): Value => given },
  member: { component: PickInput, ...first },
  members: { component: PickInput, ...texts, more: { multiple: true } },
  department: { component: PickInput, ...first },
  departments: { component: PickInput, ...texts, more: { multiple: true } },
  role: { component: PickInput, ...first },
  phone: { component: CodeInput, ...text },
  email: { component: CodeInput, ...text },
  url: { component: CodeInput, ...text },
  id_card: { component: CodeInput, ...text },
  uscc: { component: CodeInput, ...text },
  passport: { component: CodeInput, ...text },
  address: { component: AddressInput, ...whole(addressOf) },
  attachment: { component: AttachmentInput, ...files },
  image: { component: AttachmentInput, ...files },
  link: { component: LinkInput, ...first },
  links: { component: LinkInput, ...texts, more: { multiple: true } },
  lookup: shown,
  rollup: shown,
  backlinks: shown,
  subtable: shown, // drawn by table/TableField.vue
  serial: shown,
  barcode: shown,
  section: shown, // arranged by form/layout.ts
  tab: shown,
  note: shown,
}
