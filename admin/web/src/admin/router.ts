import { createRouter, createWebHashHistory, type RouteRecordRaw } from 'vue-router'
import { failureOf } from './resource'
import { me, resume } from './session'

const routes: RouteRecordRaw[] = [
  { path: '/login', name: 'login', component: () => import('./login/LoginPage.vue'), meta: { bare: true, title: '登录' } },
  { path: '/', redirect: '/overview' },
  { path: '/overview', component: () => import('./overview/OverviewPage.vue'), meta: { title: '概览', nav: 'overview' } },
  { path: '/design', component: () => import('./design/DefinitionsPage.vue'), meta: { title: '设计', nav: 'design' } },
  {
    path: '/design/:kind(form|flow|authority|rule|report|aggregate|table)/:name',
    component: () => import('./design/EditorPage.vue'),
    props: true,
    meta: { title: '设计', nav: 'design', wide: true },
  },
  { path: '/data', component: () => import('./data/FormsPage.vue'), meta: { title: '数据', nav: 'data' } },
  {
    path: '/data/:form',
    component: () => import('./data/RecordsPage.vue'),
    props: true,
    meta: { title: '数据', nav: 'data' },
  },
  {
    path: '/data/:form/:id',
    component: () => import('./data/RecordPage.vue'),
    props: true,
    meta: { title: '数据', nav: 'data' },
  },
  {
    path: '/instances',
    component: () => import('./flows/InstancesPage.vue'),
    meta: { title: '流程实例', nav: 'instances' },
  },
  {
    path: '/instances/:id',
    component: () => import('./flows/InstancePage.vue'),
    props: true,
    meta: { title: '流程实例', nav: 'instances' },
  },
  { path: '/people', component: () => import('./people/PeoplePage.vue'), meta: { title: '人员', nav: 'people' } },
  { path: '/operations', redirect: '/operations/outbox' },
  {
    path: '/operations/:tab(outbox|reach|incidents|interventions|delegations|calendar|phrases|audit|keys|rules|sums)',
    component: () => import('./operations/OperationsPage.vue'),
    props: true,
    meta: { title: '运行', nav: 'operations' },
  },
  { path: '/:rest(.*)*', component: () => import('./parts/NotFound.vue'), meta: { title: '没有这个页面' } },
]

export const router = createRouter({
  history: createWebHashHistory(),
  routes,
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
})

/** Every page but the login needs a session; a 401 leads to the login and back. */
router.beforeEach(async (to) => {
  if (to.meta.bare || me.value) return true
  try {
    await resume()
    return true
  } catch (error) {
    const offline = failureOf(error).status !== 401
    return { name: 'login', query: { to: to.fullPath, ...(offline ? { why: 'offline' } : {}) } }
  }
})

router.afterEach((to) => {
  document.title = `${to.meta.title ?? '管理'} · 中枢`
})
