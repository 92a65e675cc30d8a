/** What one phone holds: who uses it, the chat, unread marks, the page opened inside. */
import { computed, reactive, ref } from 'vue'
import type { Press } from '../shared/cards/press'
import { click, getMessages, say, sayFile, type Said, type Company, type Group, type Message, type Person, type Platform } from './client'
import { listen } from './live'

const TOAST_MS = 2600

function base64Of(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(String(reader.result).split(',')[1] || '')
    reader.onerror = () => reject(new Error('文件读不出来'))
    reader.readAsDataURL(file)
  })
}

export type Phone = ReturnType<typeof usePhone>

export function usePhone(platform: Platform, company: Company, seenSince: number) {
  const people = company.people.filter((person) => person.platforms[platform])
  const userOf = (person: Person) => person.platforms[platform] as string
  const current = ref<Person | null>(null)
  const messages = ref<Message[]>([])
  const unread = reactive<Record<string, number>>({})
  const seen = reactive<Record<string, number>>({})
  const conversation = ref<string | null>(null)
  const toast = ref('')
  const page = ref<string | null>(null)
  const busyCard = ref<string | null>(null)
  const sending = ref(false)
  let toastTimer = 0
  let loading = 0

  const groups = computed<Group[]>(() => {
    const person = current.value
    return person ? company.groups.filter((group) => group.platforms.indexOf(platform) >= 0 && group.members.indexOf(person.id) >= 0) : []
  })
  const shown = computed(() => messages.value.filter((message) => (message.group || null) === conversation.value))

  function flash(text: string | null | undefined): void {
    if (!text) return
    toast.value = text
    window.clearTimeout(toastTimer)
    toastTimer = window.setTimeout(() => (toast.value = ''), TOAST_MS)
  }

  /** Fetch the chat of the person in front; a slower older answer does not overwrite a newer one. */
  async function load(): Promise<void> {
    const person = current.value
    if (!person) return
    const turn = ++loading
    const found = await getMessages(platform, userOf(person))
    if (turn !== loading) return
    messages.value = found
    markSeen(person, found)
  }

  function markSeen(person: Person, found: Message[]): void {
    const last = found[found.length - 1]
    if (last) seen[person.id] = last.at
    unread[person.id] = 0
  }

  async function count(person: Person): Promise<void> {
    const found = await getMessages(platform, userOf(person))
    const since = seen[person.id] || seenSince
    unread[person.id] = found.filter((message) => message.from === 'bot' && message.at > since).length
  }

  async function choose(person: Person): Promise<void> {
    current.value = person
    conversation.value = null
    page.value = null
    messages.value = []
    await load()
  }

  const send = (text: string) =>
    tell((user) => (text.trim() ? say(platform, user, text, conversation.value) : null))

  const sendFile = (file: File) =>
    tell(async (user) => sayFile(platform, user, { name: file.name, base64: await base64Of(file) }, conversation.value))

  async function tell(speak: (user: string) => Promise<Said> | null): Promise<void> {
    const person = current.value
    const spoken = person && speak(userOf(person))
    if (!spoken) return
    sending.value = true
    try {
      const said = await spoken
      if (!said.ok) flash(said.error || '没有送达')
    } catch (error) {
      flash(String((error as Error).message))
    } finally {
      sending.value = false
      await load()
    }
  }

  async function press(message: Message, pressed: Press): Promise<void> {
    const person = current.value
    if (!person || !message.card || busyCard.value) return
    busyCard.value = message.card.card_id
    try {
      const answer = await click(platform, userOf(person), message.card.card_id, pressed)
      flash(answer.toast || (answer.ok ? null : answer.error))
      if (answer.card) message.card = answer.card
      if (answer.url) page.value = answer.url
    } catch (error) {
      flash(String((error as Error).message))
    } finally {
      busyCard.value = null
      await load()
    }
  }

  async function closePage(): Promise<void> {
    page.value = null
    await load()
  }

  listen(
    (news) => {
      if (news.type !== 'chat' || news.platform !== platform) return
      const person = people.find((one) => userOf(one).toLowerCase() === String(news.userid).toLowerCase())
      if (!person) return
      void (current.value && person.id === current.value.id ? load() : count(person)).catch(() => undefined)
    },
    () => void load().catch(() => undefined),
  )

  const userid = computed(() => (current.value ? userOf(current.value) : ''))
  return reactive({
    platform, people, current, userid, messages, shown, unread, groups, conversation, toast, page, busyCard, sending,
    choose, send, sendFile, press, closePage, flash,
  })
}
