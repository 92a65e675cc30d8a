import { t } from '../../shared/i18n'

const NAMES: Record<string, () => string> = {
  approve: () => t('Approve'),
  reject: () => t('Refuse'),
  return: () => t('Send back'),
  transfer: () => t('Transfer'),
  add_before: () => t('Ask others first'),
  add_beside: () => t('Ask others beside me'),
  add_after: () => t('Ask others after me'),
}

/** The word for a verdict or an action; an unknown one as it stands. */
export function verbName(verb: string): string {
  return verb in NAMES ? NAMES[verb]() : verb
}
