/** What an administrator may do with a running or finished flow, in words. */
import type { InterventionAction } from '../contract'

export interface ActionInfo {
  key: InterventionAction
  name: string
  about: string
  needs: 'step' | 'task' | ''
}

export const actions: ActionInfo[] = [
  { key: 'reassign', name: '改派', about: '一个待办换人处理，其余不变。', needs: 'task' },
  { key: 'jump', name: '跳转', about: '停下现在的所有步骤，流程只停在选定的一步，从那里往后走。', needs: 'step' },
  { key: 'end', name: '结束', about: '流程到此为止，所有待办作废。', needs: '' },
  { key: 'reopen', name: '重新激活', about: '已经结束的流程，从选定的一步重新走。', needs: 'step' },
]

export function actionName(key: InterventionAction): string {
  return actions.find((one) => one.key === key)?.name ?? key
}
