/**
 * The expression language in the browser: walks the checked tree that core/expressions exports (its shape stands in
 * export.py). For live formulas and visibility; the server computes again what it stores. Nothing is evaluated as code.
 *
 * In a row: numbers as decimal text (or a JS number), dates 'YYYY-MM-DD', datetimes ISO with offset, durations whole
 * microseconds as text, sub-tables as arrays of rows, linked records as rows with `id`. Results have the same form.
 */

export type Kind = 'number' | 'text' | 'bool' | 'date' | 'datetime' | 'duration' | 'list' | 'rows' | 'record' | 'any'
export type Row = { readonly [key: string]: unknown }
export type Result = null | boolean | string | Result[]

export interface Node {
  op: string
  kind: Kind
  value?: unknown
  path?: string[]
  each?: boolean
  label?: string
  elements?: Kind
  items?: Node[]
  name?: string
  args?: Node[]
  fn?: string
  source?: Node
  body?: Node | null
  where?: Node | null
  data?: string
}

export interface Tree {
  version: number
  kind: Kind
  browser: boolean
  root: Node
}

/** `now` ISO with offset; `zone` an IANA name, where 今天 and midnight are meant. */
export interface Scope {
  now: string
  zone: string
  me?: string | null
}

export class ExpressionError extends Error {}

// ---- exact decimals ------------------------------------------------------------------------------------------------

const ZERO = BigInt(0)
const ONE = BigInt(1)
const TEN = BigInt(10)
const PRECISION = 40
const QUOTIENT = 28
const LARGEST = 61 // digits before the point

function pow10(exponent: number): bigint {
  return BigInt('1' + '0'.repeat(exponent))
}

function magnitude(value: bigint): bigint {
  return value < ZERO ? -value : value
}

function digits(value: bigint): number {
  return value === ZERO ? 1 : String(magnitude(value)).length
}

type Mode = 'half' | 'up' | 'down' | 'floor'

/** value / 10^places as an integer. */
function shorten(value: bigint, places: number, mode: Mode): bigint {
  const unit = pow10(places)
  const whole = value / unit
  const rest = magnitude(value % unit)
  if (rest === ZERO) return whole
  const away = value < ZERO ? whole - ONE : whole + ONE
  if (mode === 'half') return rest * BigInt(2) >= unit ? away : whole
  if (mode === 'floor') return value < ZERO ? away : whole
  return mode === 'up' ? away : whole
}

/** A decimal number: units × 10^-scale. */
export class Num {
  constructor(
    readonly units: bigint,
    readonly scale: number,
  ) {}

  /** Null where the text is no number. */
  static of(text: string): Num | null {
    const found = /^([+-]?)(\d+)(?:\.(\d*))?$/.exec(text.trim())
    if (!found) return null
    const fraction = found[3] || ''
    const units = BigInt(found[2] + fraction)
    return new Num(found[1] === '-' ? -units : units, fraction.length)
  }

  static from(value: number): Num {
    return new Num(BigInt(value), 0)
  }

  at(scale: number): bigint {
    return this.units * pow10(scale - this.scale)
  }

  add(other: Num): Num {
    const scale = Math.max(this.scale, other.scale)
    return fit(this.at(scale) + other.at(scale), scale, PRECISION)
  }

  neg(): Num {
    return new Num(-this.units, this.scale)
  }

  sub(other: Num): Num {
    return this.add(other.neg())
  }

  mul(other: Num): Num {
    return fit(this.units * other.units, this.scale + other.scale, PRECISION)
  }

  /** 28 significant digits, half up; null by zero. */
  div(other: Num): Num | null {
    if (other.units === ZERO) return null
    const more = Math.max(0, QUOTIENT + 2 + digits(other.units) - digits(this.units))
    const top = this.units * pow10(more)
    let whole = top / other.units
    let scale = this.scale + more - other.scale
    if (top % other.units !== ZERO) {
      const sign = this.units < ZERO !== other.units < ZERO ? -ONE : ONE
      whole = whole * TEN + sign // a digit that only says: a little more
      scale += 1
    }
    const rounded = fit(whole, scale, QUOTIENT)
    return rounded.trim()
  }

  /** Without zeros behind the point. */
  trim(): Num {
    let { units, scale } = this
    while (scale > 0 && units % TEN === ZERO) {
      units /= TEN
      scale -= 1
    }
    return scale < 0 ? new Num(units * pow10(-scale), 0) : new Num(units, scale)
  }

  compare(other: Num): number {
    const scale = Math.max(this.scale, other.scale)
    const difference = this.at(scale) - other.at(scale)
    return difference < ZERO ? -1 : difference > ZERO ? 1 : 0
  }

  round(places: number, mode: Mode): Num {
    if (places >= this.scale) return this
    const units = shorten(this.units, this.scale - places, mode)
    return places >= 0 ? new Num(units, places) : new Num(units * pow10(-places), 0)
  }

  /** Quotient cut towards zero. */
  whole(other: Num): Num | null {
    if (other.units === ZERO) return null
    const scale = Math.max(this.scale, other.scale)
    return new Num(this.at(scale) / other.at(scale), 0)
  }

  toString(): string {
    const sign = this.units < ZERO ? '-' : ''
    const text = String(magnitude(this.units)).padStart(this.scale + 1, '0')
    return this.scale ? `${sign}${text.slice(0, -this.scale)}.${text.slice(-this.scale)}` : sign + text
  }

  /** For counts and places: cut to a whole JS number. */
  int(): number {
    const whole = this.round(0, 'down').units
    if (digits(whole) > 10) throw new ExpressionError('参数太大')
    return Number(whole)
  }
}

function fit(units: bigint, scale: number, precision: number): Num {
  const length = digits(units)
  if (length - scale > LARGEST) throw new ExpressionError('数字或日期太大，算不出来')
  if (length <= precision) return scale < 0 ? new Num(units * pow10(-scale), 0) : new Num(units, scale)
  const less = length - precision
  const short = shorten(units, less, 'half')
  return scale - less < 0 ? new Num(short * pow10(less - scale), 0) : new Num(short, scale - less)
}

// ---- days, moments, lengths ----------------------------------------------------------------------------------------

const DAY = BigInt(86400000000)
const THOUSAND = BigInt(1000)

/** Days since 1970-01-01. */
class Day {
  constructor(readonly n: number) {}

  static of(text: string): Day | null {
    const found = /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})$/.exec(text.trim())
    return found ? Day.at(Number(found[1]), Number(found[2]), Number(found[3])) : null
  }

  /** Null where there is no such day. */
  static at(year: number, month: number, day: number): Day | null {
    if (year < 1 || year > 9999) return null
    const date = new Date(0)
    date.setUTCFullYear(year, month - 1, day)
    if (date.getUTCFullYear() !== year || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null
    return new Day(Math.round(date.getTime() / 86400000))
  }

  parts(): [number, number, number] {
    const date = new Date(this.n * 86400000)
    return [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()]
  }

  /** 1 is Monday. */
  weekday(): number {
    return ((((this.n + 3) % 7) + 7) % 7) + 1
  }

  toString(): string {
    const [year, month, day] = this.parts()
    return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`
  }
}

function pad(value: number, size: number): string {
  return String(value).padStart(size, '0')
}

/** Microseconds since 1970 UTC. */
class Moment {
  constructor(readonly micros: bigint) {}

  static of(text: string): Moment | null {
    const found = /^(.*?T?\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,6})\d*)?(Z|[+-]\d\d:?\d\d)$/.exec(text.trim())
    if (!found) return null
    const millis = Date.parse(found[1] + found[3])
    if (Number.isNaN(millis)) return null
    return new Moment(BigInt(millis) * THOUSAND + BigInt((found[2] || '').padEnd(6, '0')))
  }

  toString(): string {
    const millis = floorDiv(this.micros, THOUSAND)
    const text = new Date(Number(millis)).toISOString().slice(0, 19)
    const micros = Number(this.micros - floorDiv(this.micros, THOUSAND * THOUSAND) * THOUSAND * THOUSAND)
    return `${text}${micros ? '.' + pad(micros, 6) : ''}Z`
  }
}

class Length {
  constructor(readonly micros: bigint) {}

  toString(): string {
    return String(this.micros)
  }
}

function floorDiv(value: bigint, by: bigint): bigint {
  const whole = value / by
  return value % by < ZERO ? whole - ONE : whole
}

const formatters = new Map<string, Intl.DateTimeFormat>()

function formatter(zone: string): Intl.DateTimeFormat {
  let found = formatters.get(zone)
  if (!found) {
    const two = '2-digit'
    const parts = { year: 'numeric', month: two, day: two, hour: two, minute: two, second: two } as const
    found = new Intl.DateTimeFormat('en-US', { ...parts, timeZone: zone, hourCycle: 'h23' })
    formatters.set(zone, found)
  }
  return found
}

/** How far the zone is ahead of UTC at a moment, in microseconds. */
function offset(micros: bigint, zone: string): bigint {
  const seconds = floorDiv(micros, THOUSAND * THOUSAND)
  const parts: { [type: string]: number } = {}
  for (const part of formatter(zone).formatToParts(new Date(Number(seconds) * 1000))) parts[part.type] = Number(part.value)
  const local = Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour % 24, parts.minute, parts.second)
  return (BigInt(local / 1000) - seconds) * THOUSAND * THOUSAND
}

function dayOf(moment: Moment, zone: string): Day {
  return new Day(Number(floorDiv(moment.micros + offset(moment.micros, zone), DAY)))
}

function midnight(day: Day, zone: string): Moment {
  const naive = BigInt(day.n) * DAY
  const guess = naive - offset(naive, zone)
  return new Moment(naive - offset(guess, zone))
}

// ---- values --------------------------------------------------------------------------------------------------------

type Value = null | boolean | string | Num | Day | Moment | Length | Value[] | Row

interface Env {
  row: Row
  each: unknown
  scope: Scope
  steps: number
  totals: Map<Node, Value>
}

const MAX_STEPS = 100000
const MAX_TEXT = 10000

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function free(value: unknown): Value {
  if (typeof value === 'number') return Num.of(plainNumber(value))
  if (Array.isArray(value)) return value.map(free)
  return value as Value
}

function plainNumber(value: number): string {
  return Number.isInteger(value) ? BigInt(value).toString() : String(value)
}

/** A value of the row as its kind; null for what is missing or was left empty. */
function admit(value: unknown, kind: Kind, what: string): Value {
  if (value === null || value === undefined) return null
  if (value === '' && kind !== 'text' && kind !== 'any') return null
  const found = ADMIT[kind](value)
  if (found === null) throw new ExpressionError(`${what}不能用`)
  return found
}

const asText = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '?')

const ADMIT: { [kind in Kind]: (value: unknown) => Value } = {
  number: (value) => (value instanceof Num ? value : Num.of(typeof value === 'number' ? plainNumber(value) : asText(value))),
  text: (value) => (typeof value === 'string' ? value : null),
  bool: (value) => (typeof value === 'boolean' ? value : null),
  date: (value) => (value instanceof Day ? value : Day.of(asText(value))),
  datetime: (value) => (value instanceof Moment ? value : Moment.of(asText(value))),
  duration: (value) => (value instanceof Length ? value : /^-?\d+$/.test(asText(value)) ? new Length(BigInt(asText(value))) : null),
  list: (value) => (Array.isArray(value) ? value.map(free) : null),
  rows: (value) => (Array.isArray(value) ? (value as Value[]) : null),
  record: (value) => (isRow(value) || typeof value === 'string' ? (value as Row) : null),
  any: free,
}

function shownOut(value: Value): Result {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
  if (Array.isArray(value)) return value.map(shownOut)
  if (value instanceof Num || value instanceof Day || value instanceof Moment || value instanceof Length) return String(value)
  return idOf(value)
}

/** A linked record's id as text. */
function idOf(record: Row | string): string | null {
  const id = typeof record === 'string' ? record : record.id
  return id === null || id === undefined ? null : String(id)
}

function codePoints(text: string): string[] {
  return Array.from(text)
}

function compareTexts(one: string, other: string): number {
  const left = codePoints(one)
  const right = codePoints(other)
  for (let i = 0; i < left.length && i < right.length; i++) {
    const difference = (left[i].codePointAt(0) || 0) - (right[i].codePointAt(0) || 0)
    if (difference) return difference
  }
  return left.length - right.length
}

function order(one: Value, other: Value): number {
  if (one instanceof Num && other instanceof Num) return one.compare(other)
  if (one instanceof Day && other instanceof Day) return one.n - other.n
  if (typeof one === 'string' && typeof other === 'string') return compareTexts(one, other)
  const timed = (one instanceof Moment && other instanceof Moment) || (one instanceof Length && other instanceof Length)
  if (!timed) throw new ExpressionError('不同种类的值不能放在一起比较或计算')
  const difference = (one as Moment).micros - (other as Moment).micros
  return difference < ZERO ? -1 : difference > ZERO ? 1 : 0
}

function same(one: Value, other: Value): boolean {
  if (one === other) return true
  if (one === null || other === null || typeof one !== 'object' || typeof other !== 'object') return false
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, index) => same(item, other[index]))
  }
  if (Object.getPrototypeOf(one) !== Object.getPrototypeOf(other) || Array.isArray(one) || isPlain(one)) return false
  return order(one, other) === 0
}

function isPlain(value: object): boolean {
  return !(value instanceof Num || value instanceof Day || value instanceof Moment || value instanceof Length)
}

function isBlank(value: Value): boolean {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0)
}

// ---- walking the tree ----------------------------------------------------------------------------------------------

/** The worth of an expression for a row. Raises ExpressionError, with a sentence to show. */
export function evaluate(tree: Tree, row: Row, scope: Scope): Result {
  if (!tree.browser) throw new ExpressionError('这个公式由服务器计算')
  return shownOut(run(tree.root, { row, each: null, scope, steps: 0, totals: new Map() }))
}

/** Whether a condition holds; one that cannot be worked out does not. */
export function holds(tree: Tree, row: Row, scope: Scope): boolean {
  try {
    return evaluate(tree, row, scope) === true
  } catch (error) {
    if (error instanceof ExpressionError) return false
    throw error
  }
}

function run(node: Node, env: Env): Value {
  const args = node.args || []
  switch (node.op) {
    case 'const':
      return admit(node.value, node.kind, '常量')
    case 'field':
      return field(node, env)
    case 'item':
      return admit(env.each, node.kind, '列表里的值')
    case 'list':
      return (node.items || []).map((item) => run(item, env))
    case 'gather':
      return gathered(node, env)
    case 'call':
      return call(node, env)
    case 'and':
      return args.every((arg) => run(arg, env) === true)
    case 'or':
      return args.some((arg) => run(arg, env) === true)
    case 'not':
      return run(args[0], env) !== true
    case 'in': {
      const member = run(args[0], env)
      return args.slice(1).some((item) => same(member, run(item, env)))
    }
    case 'blank':
      return isBlank(run(args[0], env))
    case 'eq':
      return same(run(args[0], env), run(args[1], env))
    case 'ne':
      return !same(run(args[0], env), run(args[1], env))
    case 'has': {
      const found = run(args[0], env)
      const wanted = run(args[1], env)
      return Array.isArray(found) && found.some((item) => same(item, wanted))
    }
    case 'as':
      return admit(run(args[0], env), node.kind, '这里的值')
  }
  const values = args.map((arg) => run(arg, env))
  if (values.some((value) => value === null)) return node.kind === 'bool' ? false : null
  const apply = OPERATORS[node.op]
  if (!apply) throw new ExpressionError('这个公式由服务器计算')
  return apply(values, env.scope)
}

function field(node: Node, env: Env): Value {
  let value: unknown = node.each ? env.each : env.row
  for (const key of node.path || []) {
    if (value === null || value === undefined) return null
    if (!isRow(value)) throw new ExpressionError(`「${node.label}」所在的关联数据没有读出来`)
    value = Object.prototype.hasOwnProperty.call(value, key) ? value[key] : null
  }
  const found = admit(value, node.kind, `「${node.label}」的值`)
  if (!Array.isArray(found) || !node.elements || node.elements === 'any') return found
  return found.map((item) => admit(item, node.elements as Kind, `「${node.label}」的值`))
}

function gathered(node: Node, env: Env): Value {
  const source = node.source as Node
  const own = source.op === 'field' && !source.each
  const known = own ? env.totals.get(node) : undefined
  if (known !== undefined) return known
  const rows = (run(source, env) || []) as Value[]
  env.steps += rows.length + 1
  if (env.steps > MAX_STEPS) throw new ExpressionError('计算量太大，请减少子表行数或简化公式')
  const before = env.each
  const values: Value[] = []
  for (const row of rows) {
    env.each = row
    if (!node.where || run(node.where, env) === true) values.push(node.body ? run(node.body, env) : true)
  }
  env.each = before
  const found = FINISH[node.fn as string](values)
  if (own) env.totals.set(node, found)
  return found
}

function flat(values: Value[]): Value[] {
  const out: Value[] = []
  for (const value of values) {
    if (Array.isArray(value)) out.push(...value)
    else out.push(value)
  }
  return out.filter((value) => value !== null)
}

function total(values: Value[]): Num {
  let sum = Num.from(0)
  for (const value of flat(values)) {
    if (!(value instanceof Num)) throw new ExpressionError('列表里有不是数字的值')
    sum = sum.add(value)
  }
  return sum
}

function average(values: Value[]): Num | null {
  const found = flat(values)
  return found.length ? total(found).div(Num.from(found.length)) : null
}

function extreme(values: Value[], sign: number): Value {
  const found = flat(values)
  if (!found.length) return null
  return found.reduce((best, value) => (order(value, best) * sign > 0 ? value : best))
}

const FINISH: { [fn: string]: (values: Value[]) => Value } = {
  sum: total,
  avg: average,
  min: (values) => extreme(values, -1),
  max: (values) => extreme(values, 1),
  count: (values) => Num.from(flat(values).length),
  any: (values) => values.some((value) => value === true),
  all: (values) => values.every((value) => value === true),
  collect: (values) => values,
}

function scaled(length: Length, factor: Num): Length {
  return new Length(new Num(length.micros, 0).mul(factor).round(0, 'down').units)
}

function moved(moment: Day | Moment, micros: bigint): Day | Moment {
  if (moment instanceof Moment) return new Moment(moment.micros + micros)
  return new Day(moment.n + Number(floorDiv(micros, DAY)))
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the checker on the server has fixed the kinds
type Apply = (values: any, scope: Scope) => Value

const OPERATORS: { [op: string]: Apply } = {
  lt: ([a, b]) => order(a, b) < 0,
  le: ([a, b]) => order(a, b) <= 0,
  gt: ([a, b]) => order(a, b) > 0,
  ge: ([a, b]) => order(a, b) >= 0,
  contains: ([a, b]: string[]) => a.indexOf(b) >= 0,
  starts: ([a, b]: string[]) => a.slice(0, b.length) === b,
  ends: ([a, b]: string[]) => b === '' || a.slice(-b.length) === b,
  neg: ([a]: Num[]) => a.neg(),
  add: ([a, b]: Num[]) => a.add(b),
  sub: ([a, b]: Num[]) => a.sub(b),
  mul: ([a, b]: Num[]) => a.mul(b),
  div: ([a, b]: Num[]) => a.div(b),
  idiv: ([a, b]: Num[]) => a.whole(b),
  mod: ([a, b]: Num[]) => remainder(a, b),
  join: ([a, b]: string[]) => bounded(a + b),
  dneg: ([a]: Length[]) => new Length(-a.micros),
  dadd: ([a, b]: Length[]) => new Length(a.micros + b.micros),
  dsub: ([a, b]: Length[]) => new Length(a.micros - b.micros),
  dmul: ([a, b]: [Length, Num]) => scaled(a, b),
  ddiv: ([a, b]: [Length, Num]) => {
    const part = new Num(a.micros, 0).div(b)
    return part && new Length(part.round(0, 'down').units)
  },
  dratio: ([a, b]: Length[]) => new Num(a.micros, 0).div(new Num(b.micros, 0)),
  shift: ([a, b]: [Day | Moment, Length]) => moved(a, b.micros),
  unshift: ([a, b]: [Day | Moment, Length]) => moved(a, -b.micros),
  diff: ([a, b]: [Day | Moment, Day | Moment]) => difference(a, b),
  midnight: ([a]: Day[], scope: Scope) => midnight(a, scope.zone),
  day: ([a]: Moment[], scope: Scope) => dayOf(a, scope.zone),
  ident: ([a]: [Row | string]) => idOf(a),
}

function difference(one: Day | Moment, other: Day | Moment): Length {
  if (one instanceof Day && other instanceof Day) return new Length(BigInt(one.n - other.n) * DAY)
  return new Length((one as Moment).micros - (other as Moment).micros)
}

function remainder(one: Num, other: Num): Num | null {
  const whole = one.whole(other)
  return whole && one.sub(whole.mul(other))
}

function bounded(text: string): string {
  if (text.length > MAX_TEXT) throw new ExpressionError(`文字太长，最多 ${MAX_TEXT} 个字`)
  return text
}

// ---- functions -----------------------------------------------------------------------------------------------------

const SEES_NULL = ['SUM', 'AVG', 'MIN', 'MAX', 'COUNT', 'LEN', 'CONCAT', 'ME']

function call(node: Node, env: Env): Value {
  const name = node.name as string
  const args = node.args || []
  if (name === 'IFS') return chosen(args, env)
  if (name === 'COALESCE') {
    for (const arg of args) {
      const value = run(arg, env)
      if (value !== null) return value
    }
    return null
  }
  const values = args.map((arg) => run(arg, env))
  if (SEES_NULL.indexOf(name) < 0 && values.some((value) => value === null)) return null
  const apply = FUNCTIONS[name]
  if (!apply) throw new ExpressionError(`「${name}」由服务器计算`)
  return apply(values, env.scope)
}

/** Pairs of condition and result; a last one alone is for otherwise. */
function chosen(args: Node[], env: Env): Value {
  for (let i = 0; i + 1 < args.length; i += 2) if (run(args[i], env) === true) return run(args[i + 1], env)
  return args.length % 2 ? run(args[args.length - 1], env) : null
}

function places(value: Num | undefined): number {
  return Math.max(-28, Math.min(28, value ? value.int() : 0))
}

const FUNCTIONS: { [name: string]: Apply } = {
  SUM: (values) => total(values),
  AVG: (values) => average(values),
  MIN: (values) => extreme(values, -1),
  MAX: (values) => extreme(values, 1),
  COUNT: (values) => Num.from(flat(values).length),
  ROUND: ([a, b]: Num[]) => a.round(places(b), 'half'),
  ROUNDUP: ([a, b]: Num[]) => a.round(places(b), 'up'),
  ROUNDDOWN: ([a, b]: Num[]) => a.round(places(b), 'down'),
  INT: ([a]: Num[]) => a.round(0, 'floor'),
  MOD: ([a, b]: Num[]) => {
    const rest = remainder(a, b)
    return rest && rest.units !== ZERO && rest.units < ZERO !== b.units < ZERO ? rest.add(b) : rest
  },
  ABS: ([a]: Num[]) => (a.units < ZERO ? a.neg() : a),
  大写: ([a]: Num[]) => capitals(a),
  TEXT: ([a, b]: [Value, string], scope: Scope) => toText(a, b, scope.zone),
  LEFT: ([a, b]: [string, Num]) => codePoints(a).slice(0, Math.max(0, b ? b.int() : 1)).join(''),
  RIGHT: ([a, b]: [string, Num]) => {
    const size = Math.max(0, b ? b.int() : 1)
    return size ? codePoints(a).slice(-size).join('') : ''
  },
  MID: ([a, b, c]: [string, Num, Num]) => {
    const start = Math.max(1, b.int()) - 1
    return codePoints(a)
      .slice(start, start + Math.max(0, c.int()))
      .join('')
  },
  LEN: ([a]: string[]) => Num.from(a === null ? 0 : codePoints(a).length),
  TRIM: ([a]: string[]) => a.trim(),
  CONCAT: (values, scope: Scope) => bounded(flat(values).map((value) => shown(value, scope.zone, '')).join('')),
  FIND: ([a, b, c]: [string, string, Num]) => {
    const text = codePoints(b)
    const start = Math.max(1, c ? c.int() : 1) - 1
    const at = start > text.length ? -1 : text.slice(start).join('').indexOf(a)
    if (at < 0) return Num.from(0)
    return Num.from(start + codePoints(text.slice(start).join('').slice(0, at)).length + 1)
  },
  TODAY: (_values, scope) => dayOf(now(scope), scope.zone),
  NOW: (_values, scope) => now(scope),
  ME: (_values, scope) => scope.me || null,
  DATE: ([a, b, c]: [Value, Num, Num], scope: Scope) => toDate(a, b, c, scope.zone),
  YEAR: ([a]: Day[]) => Num.from(a.parts()[0]),
  MONTH: ([a]: Day[]) => Num.from(a.parts()[1]),
  DAY: ([a]: Day[]) => Num.from(a.parts()[2]),
  WEEKDAY: ([a, b]: [Day, Num]) => weekday(a, b ? b.int() : 1),
  EDATE: ([a, b]: [Day, Num]) => edate(a, b.int()),
  EOMONTH: ([a, b]: [Day, Num]) => eomonth(a, b ? b.int() : 0),
  DATEDIF: ([a, b, c]: [Day, Day, string]) => datedif(a, b, c || 'D'),
}

function now(scope: Scope): Moment {
  const found = Moment.of(scope.now)
  if (!found) throw new ExpressionError('不知道现在的时间')
  return found
}

function weekday(day: Day, way: number): Num {
  const iso = day.weekday()
  if (way === 1) return Num.from((iso % 7) + 1)
  if (way === 2 || way === 3) return Num.from(iso - (way === 3 ? 1 : 0))
  throw new ExpressionError('WEEKDAY 的方式只能是 1、2 或 3')
}

function toDate(value: Value, month: Num | undefined, day: Num | undefined, zone: string): Day | null {
  if (value instanceof Moment) return dayOf(value, zone)
  if (value instanceof Day) return value
  if (typeof value === 'string') return Day.of(value.length < 20 ? value.slice(0, 10) : '')
  if (value instanceof Num && month && day) return Day.at(value.int(), month.int(), day.int())
  throw new ExpressionError('日期要由年、月、日三个数字组成')
}

function daysIn(year: number, month: number): number {
  const date = new Date(0)
  date.setUTCFullYear(year, month, 0)
  return date.getUTCDate()
}

function edate(day: Day, months: number): Day {
  const [year, month, date] = day.parts()
  const index = year * 12 + month - 1 + months
  const target = Math.floor(index / 12)
  const wanted = (((index % 12) + 12) % 12) + 1
  const found = Day.at(target, wanted, Math.min(date, daysIn(target, wanted)))
  if (!found) throw new ExpressionError('日期超出范围')
  return found
}

function eomonth(day: Day, months: number): Day {
  const [year, month, date] = edate(new Day(day.n - day.parts()[2] + 1), months).parts()
  return Day.at(year, month, Math.max(date, daysIn(year, month))) as Day
}

function datedif(start: Day, end: Day, unit: string): Num | null {
  if (end.n < start.n) return null
  const [y1, m1, d1] = start.parts()
  const [y2, m2, d2] = end.parts()
  const months = (y2 - y1) * 12 + m2 - m1 - (d2 < d1 ? 1 : 0)
  const years = Math.floor(months / 12)
  const found: { [unit: string]: number } = {
    D: end.n - start.n,
    M: months,
    Y: years,
    YM: months - years * 12,
    MD: end.n - edate(start, months).n,
    YD: end.n - edate(start, years * 12).n,
  }
  const wanted = unit.trim().toUpperCase()
  if (!(wanted in found)) throw new ExpressionError(`DATEDIF 的单位「${unit}」不对`)
  return Num.from(found[wanted])
}

// ---- text of values ------------------------------------------------------------------------------------------------

interface Clock {
  day: Day
  hour: number
  minute: number
  second: number
}

function clock(moment: Moment, zone: string): Clock {
  const local = moment.micros + offset(moment.micros, zone)
  const day = floorDiv(local, DAY)
  const seconds = Number((local - day * DAY) / (THOUSAND * THOUSAND))
  return {
    day: new Day(Number(day)),
    hour: Math.floor(seconds / 3600),
    minute: Math.floor(seconds / 60) % 60,
    second: seconds % 60,
  }
}

/** Moments are shown in the business zone. */
function shown(value: Value, zone: string, between: string): string {
  if (value === null) return ''
  if (typeof value === 'boolean') return value ? '是' : '否'
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return value.map((item) => shown(item, zone, between)).join(between || '、')
  if (value instanceof Num) return String(value.trim()).replace(/^-0$/, '0')
  if (value instanceof Moment) {
    const { day, hour, minute } = clock(value, zone)
    return `${day} ${pad(hour, 2)}:${pad(minute, 2)}`
  }
  if (value instanceof Length) return lengthText(value.micros)
  return value instanceof Day ? String(value) : ''
}

function lengthText(micros: bigint): string {
  let seconds = magnitude(micros) / (THOUSAND * THOUSAND)
  let out = ''
  for (const [size, unit] of [
    [86400, '天'],
    [3600, '小时'],
    [60, '分钟'],
    [1, '秒'],
  ] as [number, string][]) {
    if (seconds >= BigInt(size)) {
      out += `${seconds / BigInt(size)}${unit}`
      seconds %= BigInt(size)
    }
  }
  return out ? (micros < ZERO ? '-' : '') + out : '0秒'
}

function toText(value: Value, pattern: string | undefined, zone: string): string {
  if (pattern === undefined) return bounded(shown(value, zone, ''))
  if (value instanceof Num) return formatNumber(value, pattern)
  if (value instanceof Day) return formatMoment({ day: value, hour: 0, minute: 0, second: 0 }, pattern)
  if (value instanceof Moment) return formatMoment(clock(value, zone), pattern)
  return bounded(shown(value, zone, ''))
}

function formatNumber(value: Num, pattern: string): string {
  const found = /^([^0#]*?)([#,]*0|#[#,]*)(?:\.(0*)(#*))?(%?)([^0#%]*)$/.exec(pattern)
  if (!found) throw new ExpressionError(`不认识数字格式「${pattern}」，例如 0.00、#,##0.00、0%`)
  const [, before, whole, fixed = '', spare = '', percent, after] = found
  const size = Math.min(fixed.length + spare.length, 20)
  const rounded = (percent ? value.mul(Num.from(100)) : value).round(size, 'half')
  const exact = new Num(rounded.at(Math.max(size, rounded.scale)), Math.max(size, rounded.scale))
  let [head, tail = ''] = String(exact).split('.')
  if (exact.units === ZERO) head = head.replace('-', '')
  if (whole.indexOf(',') >= 0) head = head.replace(/\B(?=(\d{3})+(?!\d))/g, ',')
  if (spare) tail = tail.slice(0, fixed.length) + tail.slice(fixed.length).replace(/0+$/, '')
  return `${before}${head}${tail ? '.' + tail : ''}${percent}${after}`
}

function formatMoment(at: Clock, pattern: string): string {
  const [year, month, day] = at.day.parts()
  const named: { [part: string]: string } = {
    yyyy: pad(year, 4),
    yy: pad(year % 100, 2),
    MM: pad(month, 2),
    M: String(month),
    dd: pad(day, 2),
    d: String(day),
    HH: pad(at.hour, 2),
    H: String(at.hour),
    ss: pad(at.second, 2),
    s: String(at.second),
  }
  return pattern.replace(/yyyy|yy|MM|M|dd|d|HH|H|mm|m|ss|s/g, (part, place: number) => {
    if (part[0] !== 'm') return named[part]
    const value = pattern.slice(0, place).indexOf('H') >= 0 ? at.minute : month
    return part === 'mm' ? pad(value, 2) : String(value)
  })
}

// ---- 大写 -----------------------------------------------------------------------------------------------------------

const CAPITALS = '零壹贰叁肆伍陆柒捌玖'

/** 人民币大写: 壹仟零伍元陆角整. */
export function capitals(amount: Num): string {
  const cents = shortenOrStretch(amount)
  const yuan = cents / BigInt(100)
  if (digits(yuan) > 16) throw new ExpressionError('金额太大，不能写成大写')
  const rest = Number(cents % BigInt(100))
  const sign = amount.units < ZERO && cents !== ZERO ? '负' : ''
  return sign + (yuan ? `${capitalInteger(yuan)}元` : '') + capitalFraction(rest, yuan !== ZERO)
}

function shortenOrStretch(amount: Num): bigint {
  const rounded = amount.round(2, 'half')
  return magnitude(rounded.at(Math.max(2, rounded.scale)))
}

function capitalFraction(cents: number, afterYuan: boolean): string {
  const jiao = Math.floor(cents / 10)
  const fen = cents % 10
  if (!cents) return afterYuan ? '整' : '零元整'
  if (!fen) return `${CAPITALS[jiao]}角整`
  return `${jiao ? CAPITALS[jiao] + '角' : afterYuan ? '零' : ''}${CAPITALS[fen]}分`
}

function capitalInteger(yuan: bigint): string {
  let out = ''
  let gap = false
  const groups = [0, 1, 2, 3].map((index) => Number((yuan / pow10(index * 4)) % BigInt(10000)))
  for (let index = 3; index >= 0; index--) {
    if (!groups[index]) {
      gap = out !== ''
      continue
    }
    if (out && (gap || groups[index] < 1000)) out += '零'
    const unit = index === 3 ? (groups[2] ? '万' : '万亿') : ['', '万', '亿'][index]
    out += capitalGroup(groups[index]) + unit
    gap = false
  }
  return out
}

function capitalGroup(group: number): string {
  let out = ''
  let gap = false
  for (let place = 3; place >= 0; place--) {
    const digit = Math.floor(group / Math.pow(10, place)) % 10
    if (!digit) {
      gap = out !== ''
      continue
    }
    out += (gap ? '零' : '') + CAPITALS[digit] + ['', '拾', '佰', '仟'][place]
    gap = false
  }
  return out
}
