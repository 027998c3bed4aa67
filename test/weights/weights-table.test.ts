import { expect, it } from 'vitest'
import { BACKBONES } from '../../models/index.ts'
import { PUBLISHED } from '../../src/weights/published.ts'
import { fileName, publishedFile, publishedNames } from '../../src/weights/weights-table.ts'

it('names backbones of the table, all but those that Keras does not have', () => {
  const without = Object.keys(BACKBONES).filter((name) => !publishedNames().includes(name))
  expect(without).toEqual(['squeezenet'])
  expect(publishedNames().filter((name) => !(name in BACKBONES))).toEqual([])
})

it('has a file of its own for each network, each found by what it is', () => {
  expect(new Set(PUBLISHED.map(fileName)).size).toBe(PUBLISHED.length)
  for (const file of PUBLISHED) expect(publishedFile(file)).toBe(file)
})

it('has checksums but for the networks that Keras has none of', () => {
  const without = PUBLISHED.filter(({ md5 }) => md5 === null).map(({ backbone }) => backbone)
  expect([...new Set(without)]).toEqual(['mobilenet', 'mobilenetv2'])
  for (const { md5, url } of PUBLISHED) {
    if (md5 !== null) expect(md5).toMatch(/^[0-9a-f]{32}$/)
    expect(url).toMatch(/^https:\/\/.*\.h5$/)
  }
})
