import { expect, it } from 'vitest'
import { sessionEnvironment } from '../../converters/onnx/session-environment.ts'

it('asks for huge pages, and leaves what the user has set', () => {
  expect(sessionEnvironment({ PATH: '/bin' })).toEqual({
    GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1',
    PATH: '/bin',
  })
  const given = { GLIBC_TUNABLES: 'glibc.malloc.check=1', UV_THREADPOOL_SIZE: '2' }
  expect(sessionEnvironment(given, { UV_THREADPOOL_SIZE: '4' })).toEqual(given)
})
