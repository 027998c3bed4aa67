/** Which engine trains, as run.json tells it. */
import { strict as assert } from 'node:assert'
import { ENGINE_CHOICES, type EngineChoice, openEngine, thenClose } from '../../train/engines/engines.ts'

export interface NamedEngine {
  name: EngineChoice
  version: string
  device: string
}

/** What `auto` is here, decided once. @throws ROE_ENGINE */
export async function namedEngine(choice: EngineChoice, note: (line: string) => void): Promise<NamedEngine> {
  const engine = await openEngine(choice, note)
  const { name, version, device } = engine
  await thenClose(engine, async () => {}, note)
  return {
    name: ENGINE_CHOICES.find((known) => known === name) ?? assert.fail('an engine is a choice'),
    version,
    device,
  }
}
