/** Every kind of field, as core/forms/fields names them; a Python test compares the two lists. */
export const FIELD_TYPES = [
  'text',
  'rich_text',
  'number',
  'money',
  'date',
  'datetime',
  'time',
  'date_range',
  'datetime_range',
  'select',
  'multi_select',
  'switch',
  'member',
  'members',
  'department',
  'departments',
  'role',
  'phone',
  'email',
  'url',
  'id_card',
  'uscc',
  'passport',
  'address',
  'attachment',
  'image',
  'link',
  'links',
  'lookup',
  'rollup',
  'backlinks',
  'subtable',
  'serial',
  'barcode',
  'section',
  'tab',
  'note',
] as const

export type FieldType = (typeof FIELD_TYPES)[number]

const LAYOUT: readonly string[] = ['section', 'tab', 'note']

/** A field that only arranges the page: it has no value. */
export const isLayout = (type: string): boolean => LAYOUT.indexOf(type) >= 0

/** Right-aligned, summed and shown with thousands separators. */
export const isAmount = (type: string): boolean => type === 'money' || type === 'number'
