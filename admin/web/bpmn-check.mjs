// Opens every .bpmn file of a folder with bpmn-moddle; tells how many warnings there were and what is not drawn.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { BpmnModdle } from 'bpmn-moddle'

const folder = process.argv[2]
const told = { files: 0, warnings: 0, undrawn: 0 }
for (const name of readdirSync(folder).filter((one) => one.endsWith('.bpmn'))) {
  const { rootElement, warnings } = await new BpmnModdle().fromXML(readFileSync(join(folder, name), 'utf8'))
  told.files += 1
  told.warnings += warnings.length
  for (const one of warnings) console.error(name, one.message)
  const process_ = rootElement.rootElements.find((one) => one.$type === 'bpmn:Process')
  const drawn = new Set(rootElement.diagrams[0].plane.planeElement.map((one) => one.bpmnElement?.id))
  told.undrawn += process_.flowElements.filter((one) => !drawn.has(one.id)).length
}
console.log(JSON.stringify(told))
process.exit(told.warnings || told.undrawn ? 1 : 0)
