/** A row that the recorder gave to each film of a batch, or what else is expanded, is left to the broadcasting of the
 *  operator that reads it. */
import type { Node } from '../graph/graph.ts'
import { OPERATORS, type OperatorName } from '../graph/operators.ts'
import type { Rewriting, Rule } from './rule.ts'

const BROADCASTS: ReadonlySet<string> = new Set(['Add', 'Sub', 'Mul', 'Div', 'Max', 'Min', 'Pow'])

function rowBehind(value: string, to: Rewriting): string | undefined {
  const expand = to.producer(value)
  return expand?.op === 'Expand' ? expand.inputs[0] : undefined
}

/** Whether the operator has the same shape with these inputs. */
function sameShape(node: Node, inputs: readonly string[], to: Rewriting): boolean {
  const shapeOf = (values: readonly string[]): string => {
    const call = {
      inputs: values.map((value) => to.typeOf(value)),
      constants: values.map((value) => to.constant(value)),
      attributes: node.attributes,
    }
    return JSON.stringify(OPERATORS[node.op as OperatorName].infer(call))
  }
  return shapeOf(inputs) === shapeOf(node.inputs)
}

export const joinRows: Rule = {
  name: 'join-rows',
  describe: 'Add(x, Expand(row, shape)) -> Add(x, row), where x is as long already',
  apply(node, to) {
    if (!BROADCASTS.has(node.op)) return undefined
    const index = node.inputs.findIndex((value) => rowBehind(value, to) !== undefined)
    if (index < 0) return undefined
    const inputs = node.inputs.with(index, rowBehind(node.inputs[index]!, to)!)
    if (!sameShape(node, inputs, to)) return { refused: 'nothing else is as long' }
    return { value: to.add(node, node.op as OperatorName, inputs, node.attributes) }
  },
}
