/** Short messages at the top of the page. */
import { ElMessage } from 'element-plus/es/components/message/index'

export function tell(message: string): void {
  ElMessage({ message, type: 'success', grouping: true })
}

export function complain(message: string): void {
  ElMessage({ message, type: 'error', grouping: true, duration: 6000, showClose: true })
}
