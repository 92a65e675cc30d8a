import { expect, it } from 'vitest'
import type { Department, Person } from '../contract'
import { branchesOf } from './tree'

const department = (id: string, parent: string | null): Department => ({ id, name: id, parent, head: null })
const person = (id: string, where: string): Person => ({
  id, name: id, nick: '', title: '', department: where, manager: null, roles: [], platforms: [], active: true, email: '', mobile: ''
})

it('lists departments in tree order and counts the people below', () => {
  const departments = [department('sales', 'board'), department('board', null), department('east', 'sales')]
  const people = [person('a', 'east'), person('b', 'sales'), person('c', 'board')]
  const rows = branchesOf({ departments, people }).map(({ department: one, depth, count }) => [one.id, depth, count])
  expect(rows).toEqual([['board', 0, 3], ['sales', 1, 2], ['east', 2, 1]])
})

it('ends on a department whose parent is unknown or circular', () => {
  const departments = [department('lost', 'gone'), department('x', 'y'), department('y', 'x')]
  expect(branchesOf({ departments, people: [] }).map((branch) => branch.department.id)).toEqual(['lost'])
})
