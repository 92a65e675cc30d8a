import { createApp } from 'vue'
import '../shared/tokens.css'
import App from './App.vue'
import './sandbox.css'

createApp(App).mount('#app')
