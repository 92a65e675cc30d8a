import { createApp } from 'vue'
import 'element-plus/es/components/message/style/css'
import 'element-plus/es/components/message-box/style/css'
import { whenLoginNeeded } from '../shared/api'
import '../shared/tokens.css'
import './admin.css'
import App from './App.vue'
import { router } from './router'
import { dropSession } from './session'

whenLoginNeeded(() => {
  const here = router.currentRoute.value
  if (here.meta.bare || !here.matched.length) return // the guard and the login page tell it themselves
  dropSession()
  void router.replace({ name: 'login', query: { to: here.fullPath, why: 'expired' } })
})

createApp(App).use(router).mount('#app')
