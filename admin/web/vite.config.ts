import vue from '@vitejs/plugin-vue'
import { VantResolver } from '@vant/auto-import-resolver'
import Components from 'unplugin-vue-components/vite'
import { ElementPlusResolver } from 'unplugin-vue-components/resolvers'
import { defineConfig, type Plugin } from 'vite'

/** Vant's icon font is inlined; its spare copy on a foreign host would break the CSP and tell strangers who uses this. */
const noForeignFonts: Plugin = {
  name: 'no-foreign-fonts',
  enforce: 'pre',
  transform: (code, id) =>
    id.indexOf('.css') > 0 ? code.replace(/,\s*url\(\/\/at\.alicdn\.com[^)]*\)\s*format\(["']woff["']\)/g, '') : undefined,
}

const server = 'http://127.0.0.1:8080'

export default defineConfig({
  plugins: [
    noForeignFonts,
    vue(),
    Components({
      dts: 'components.d.ts',
      dirs: [], // our own components are imported by name
      resolvers: [ElementPlusResolver({ importStyle: 'css' }), VantResolver()],
    }),
  ],
  base: '/', // pages live under deep paths such as /h5/l/xyz
  build: {
    outDir: '../static',
    emptyOutDir: true,
    target: 'es2019', // the kernels inside old DingTalk and WeCom clients show a white page on `?.`
    chunkSizeWarningLimit: 1200,
    rolldownOptions: { input: { index: 'index.html', m: 'm.html', sandbox: 'sandbox.html' } },
  },
  server: { proxy: { '/h5/api': server, '/admin/api': server, '/sandbox/api': 'http://127.0.0.1:8090' } },
})
