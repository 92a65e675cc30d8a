/** Departments as a flat list in tree order, with depth and the number of people below. */
import type { Department, PeopleAnswer, Person } from '../contract'

export interface Branch {
  department: Department
  depth: number
  count: number
  inside: string[]
}

export function branchesOf(answer: PeopleAnswer): Branch[] {
  const known = new Set(answer.departments.map((department) => department.id))
  const seen = new Set<string>()

  function walk(parent: string | null, depth: number): Branch[] {
    const children = answer.departments.filter((one) => (parent === null ? !one.parent || !known.has(one.parent) : one.parent === parent))
    const out: Branch[] = []
    for (const department of children) {
      if (seen.has(department.id)) continue // a circle in the data must not hang the page
      seen.add(department.id)
      const below = walk(department.id, depth + 1)
      const inside = [department.id, ...below.map((branch) => branch.department.id)]
      const count = answer.people.filter((person) => inside.includes(person.department)).length
      out.push({ department, depth, count, inside }, ...below)
    }
    return out
  }
  return walk(null, 0)
}

export function matches(person: Person, word: string): boolean {
  const text = [person.name, person.nick, person.title, ...person.roles].join(' ').toLowerCase()
  return text.includes(word.trim().toLowerCase())
}
