/** The exchanges between the product and the two clouds, newest last. */
import { ref } from 'vue'
import { getWire, type WireEntry } from './client'
import { listen } from './live'

const KEPT = 300
const GATHER_MS = 250

export function useWire() {
  const entries = ref<WireEntry[]>([])
  let timer = 0
  let fetching = false

  async function fetchNew(): Promise<void> {
    timer = 0
    if (fetching) return later()
    fetching = true
    try {
      const last = entries.value.length ? entries.value[entries.value.length - 1].id : 0
      const fresh = await getWire(last)
      if (fresh.length) entries.value = entries.value.concat(fresh).slice(-KEPT)
    } catch {
      // the sandbox is away; the stream's next opening asks again
    } finally {
      fetching = false
    }
  }

  /** Many exchanges come at once: ask for them together. */
  function later(): void {
    if (!timer) timer = window.setTimeout(() => void fetchNew(), GATHER_MS)
  }

  listen(
    (news) => news.type === 'wire' && later(),
    () => later(),
  )
  return { entries }
}

/** `to_cloud` is the product calling a cloud; `from_cloud` the cloud telling the product. */
export function arrow(entry: WireEntry): string {
  return entry.direction === 'to_cloud' ? '中枢 → 平台' : '平台 → 中枢'
}

const KNOWN: [RegExp, string][] = [
  [/gateway\/connections\/open/, '申请长连接'],
  [/oauth2\/accessToken|gettoken/, '取令牌'],
  [/createAndDeliver/, '发卡片'],
  [/instances\/callback|template_card_event/, '卡片点击'],
  [/card\/instances/, '更新卡片'],
  [/update_template_card/, '更新卡片'],
  [/im\/bot\/messages|^message$|^text$|^image$|^file$/, '收到消息'],
  [/batchSend|groupMessages\/send|message\/send/, '发消息'],
  [/media\/upload/, '上传媒体'],
  [/oauth2\/auth|sso\/login|qrConnect/, '登录授权'],
  [/userAccessToken/, '换登录令牌'],
  [/getuserinfo|getuserdetail|userinfo|users\/me|auth\//, '查人员身份'],
  [/department|user\//, '查通讯录'],
]

/** What the exchange is about, in two or three words; the path when nothing is known of it. */
export function topic(entry: WireEntry): string {
  const found = KNOWN.find(([pattern]) => pattern.test(entry.path))
  return found ? found[1] : entry.path.split('/').slice(-2).join('/')
}

export function failed(entry: WireEntry): boolean {
  return entry.status >= 400 || entry.status === 0
}
