/** The dictionary holds exactly the texts the H5 page and the shared parts ask for, and they ask through t(). */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import zh from './zh-CN.json'

const ROOT = join(import.meta.dirname, '..')
const FOLDERS = ['mobile', 'shared']
const CHINESE = /[\u4e00-\u9fff]/

function sources(folder: string): string[] {
  const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
  const code = names.filter((name) => /\.(vue|ts)$/.test(name) && !/\.test\.ts$/.test(name))
  return code.map((name) => join(ROOT, folder, name))
}

function asked(): Set<string> {
  const keys = new Set<string>()
  for (const path of FOLDERS.flatMap(sources)) {
    if (path.endsWith('i18n.ts')) continue
    for (const [, key] of readFileSync(path, 'utf8').matchAll(/\bt\('((?:[^'\\]|\\.)*)'/g)) keys.add(key)
  }
  return keys
}

const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1]).sort()

describe('zh-CN.json', () => {
  it('has a text for every key that is asked for, and no other', () => {
    expect(Object.keys(zh).sort()).toEqual([...asked()].sort())
  })

  it('keeps the places for values', () => {
    for (const [key, text] of Object.entries(zh)) expect(names(text), key).toEqual(names(key))
  })

  it('is the only place of the H5 page with Chinese text', () => {
    const stray = sources('mobile').flatMap((path) => {
      const text = readFileSync(path, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '').replace(/\bt\('(?:[^'\\]|\\.)*'/g, '')
      return text.split('\n').filter((line) => CHINESE.test(line)).map((line) => `${path}: ${line.trim()}`)
    })
    expect(stray.filter((line) => !/NOT_SUMMED|join\('、'\)|}：\$\{|}；\$\{/.test(line))).toEqual([])
  })
})
