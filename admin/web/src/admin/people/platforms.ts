const names: Record<string, string> = { dingtalk: '钉钉', wecom: '企业微信', console: '控制台' }

export function platformName(key: string): string {
  return names[key] ?? key
}
