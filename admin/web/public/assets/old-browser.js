// Loaded by browsers without ES modules only; ES5 on purpose, and a file because the CSP forbids inline scripts.
document.getElementById('app').innerHTML =
  '<p style="padding:48px 24px;text-align:center;font-size:16px;line-height:1.7">当前的浏览器太旧，打不开这个页面。<br>请点右上角「…」，用系统浏览器打开，或升级钉钉 / 企业微信。</p>'
