/** Answers that several pages want and that change rarely, fetched once for each sign-in. */
import { get } from '../shared/api'
import type { PeopleAnswer } from './contract'

let people: Promise<PeopleAnswer> | null = null

export function peopleOnce(): Promise<PeopleAnswer> {
  if (!people) {
    people = get<PeopleAnswer>('/admin/api/people')
    people.catch(() => (people = null))
  }
  return people
}

export function forgetAll(): void {
  people = null
}
