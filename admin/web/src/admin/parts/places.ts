/** The places of the navigation, in order; phones show the first four and a drawer. */
import { DataBoard, EditPen, Files, Monitor, Share, User } from '@element-plus/icons-vue'
import type { Component } from 'vue'

export interface Place {
  key: string
  title: string
  to: string
  icon: Component
}

export const places: Place[] = [
  { key: 'overview', title: '概览', to: '/overview', icon: DataBoard },
  { key: 'design', title: '设计', to: '/design', icon: EditPen },
  { key: 'data', title: '数据', to: '/data', icon: Files },
  { key: 'instances', title: '流程实例', to: '/instances', icon: Share },
  { key: 'people', title: '人员', to: '/people', icon: User },
  { key: 'operations', title: '运行', to: '/operations', icon: Monitor },
]
