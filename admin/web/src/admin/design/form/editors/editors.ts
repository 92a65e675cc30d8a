/** Which component edits which kind of property; the kinds are those of core/forms/describe.py. */
import { defineAsyncComponent, type Component } from 'vue'
import ChoiceEditor from './ChoiceEditor.vue'
import DefaultEditor from './DefaultEditor.vue'
import FormulaEditor from './FormulaEditor.vue'
import NumberEditor from './NumberEditor.vue'
import OptionsEditor from './OptionsEditor.vue'
import PairsEditor from './PairsEditor.vue'
import RangeEditor from './RangeEditor.vue'
import SerialEditor from './SerialEditor.vue'
import SwitchEditor from './SwitchEditor.vue'
import TextEditor from './TextEditor.vue'
import TextsEditor from './TextsEditor.vue'

// They hold property rows themselves.
const ModelEditor = defineAsyncComponent(() => import('./ModelEditor.vue'))
const ModelsEditor = defineAsyncComponent(() => import('./ModelsEditor.vue'))
const NamedModelsEditor = defineAsyncComponent(() => import('./NamedModelsEditor.vue'))
const ConditionEditor = defineAsyncComponent(() => import('./ConditionEditor.vue'))

const editors: Record<string, Component> = {
  switch: SwitchEditor,
  number: NumberEditor,
  integer: NumberEditor,
  choice: ChoiceEditor,
  form: ChoiceEditor,
  option_set: ChoiceEditor,
  field: ChoiceEditor,
  link_field: ChoiceEditor,
  subtable_field: ChoiceEditor,
  their_field: ChoiceEditor,
  their_link: ChoiceEditor,
  color: ChoiceEditor,
  texts: TextsEditor,
  pairs: PairsEditor,
  range: RangeEditor,
  model: ModelEditor,
  models: ModelsEditor,
  named_models: NamedModelsEditor,
  options: OptionsEditor,
  default: DefaultEditor,
  formula: FormulaEditor,
  condition: ConditionEditor,
  serial: SerialEditor,
}

/** A property of an unknown kind is a text. */
export const editorOf = (kind: string): Component => editors[kind] ?? TextEditor

export interface EditorProps {
  property: import('../registry').Property
  value: import('../../yaml/emit').Json | undefined
  owner: import('../../yaml/document').Value
  scope: string
  fixed?: boolean
}
