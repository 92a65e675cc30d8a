/** The client around this page: DingTalk, WeCom, the sandbox's phone, or a plain browser. */

import { ref } from 'vue'

interface Bridge {
  invoke(name: string, values: object, done: () => void): void
}

const agent = typeof navigator === 'undefined' ? '' : navigator.userAgent
export const inDingTalk = /DingTalk/i.test(agent)
export const inWeCom = /wxwork/i.test(agent)

/** A mouse moves precisely; then native pickers beat wheels made for thumbs. */
export const hasMouse =
  typeof matchMedia === 'function' && matchMedia('(hover: hover) and (pointer: fine)').matches

const WIDE = '(min-width: 900px)'
/** Room for a sub-table as a grid; follows the window. */
export const wide = ref(false)
if (typeof matchMedia === 'function') {
  const asked = matchMedia(WIDE)
  const follow = () => (wide.value = asked.matches)
  follow()
  if (asked.addEventListener) asked.addEventListener('change', follow)
}

/** Back to the chat. False when this browser does not let a page close itself. */
export async function closePage(): Promise<boolean> {
  if (window.parent !== window) {
    window.parent.postMessage({ type: 'zhongshu:close' }, '*')
    return true
  }
  try {
    if (inDingTalk) {
      const { default: close } = await import('dingtalk-jsapi/api/biz/navigation/close')
      await close({})
      return true
    }
    if (inWeCom) return await closeWeCom()
  } catch {
    return false // an old client without the call
  }
  window.close()
  return window.closed
}

async function closeWeCom(): Promise<boolean> {
  const bridge = (window as unknown as { WeixinJSBridge?: Bridge }).WeixinJSBridge
  if (bridge) {
    bridge.invoke('closeWindow', {}, () => {})
    return true
  }
  const wecom = await import('@wecom/jssdk')
  await wecom.closeWindow()
  return true
}
