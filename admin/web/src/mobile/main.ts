import 'vant/es/dialog/style/index'
import 'vant/es/image-preview/style/index'
import 'vant/es/toast/style/index'
import { Locale } from 'vant'
import enUS from 'vant/es/locale/lang/en-US'
import { createApp } from 'vue'
import { language } from '../shared/i18n'
import '../shared/tokens.css'
import App from './App.vue'
import './mobile.css'

if (language === 'en') Locale.use('en-US', enUS)
document.documentElement.lang = language

createApp(App).mount('#app')
