import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { parseHTML } from 'linkedom'
import { expect, test } from 'vitest'
import { escapeHtml, pageOf } from '../../src/report/page.ts'

const evil = `<img src=x onerror="alert(1)"> ' & </style><script>`
const everything = pageOf({
  title: evil,
  sections: [
    {
      heading: evil,
      parts: [
        { text: evil },
        { terminal: evil },
        { list: [evil] },
        { table: { head: ['film', evil], rows: [[evil, 3]] } },
        { picture: { svg: '<svg xmlns="http://www.w3.org/2000/svg"/>', width: 3, height: 4 }, alt: evil },
        { png: new Uint8Array([1, 2, 3]), alt: evil },
      ],
    },
  ],
})

test('other people’s text stays text, wherever it stands', () => {
  const { document } = parseHTML(everything)
  expect(document.querySelectorAll('script')).toHaveLength(0)
  expect(document.querySelectorAll('img')).toHaveLength(2)
  expect(document.querySelectorAll('[onerror]')).toHaveLength(0)
  for (const selector of ['title', 'h1', 'h2', 'section p', 'pre', 'li', 'td'])
    expect(document.querySelector(selector)?.textContent, selector).toBe(evil)
  expect(document.querySelector('img')?.getAttribute('alt')).toBe(evil)
})

test('the policy allows no script and no network, and exactly the style of the page', () => {
  const { document } = parseHTML(everything)
  const policy = document.querySelector('meta[http-equiv="Content-Security-Policy"]')?.getAttribute('content')
  const style = /<style>([\s\S]*)<\/style>/.exec(everything)![1]!
  const hash = createHash('sha256').update(style).digest('base64')
  expect(policy).toBe(
    `default-src 'none'; img-src data:; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`,
  )
  expect(everything).not.toMatch(/(src|href)="(?!data:)/)
  expect(everything).not.toMatch(/ style="/)
})

test('every page says what it is not for', () => {
  const { document } = parseHTML(pageOf({ title: 'x', sections: [] }))
  expect(document.querySelector('.notice')?.textContent).toBe('Research use only, not for diagnosis.')
})

test('columns of numbers stand to the right', () => {
  const page = pageOf({
    title: 'x',
    sections: [{ heading: 'y', parts: [{ table: { head: ['a', 'b'], rows: [['1', 1]] } }] }],
  })
  expect(page).toContain('<th>a</th><th class="number">b</th>')
  expect(page).toContain('<td>1</td><td class="number">1</td>')
})

test('escaped text reads back as it was', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme-ascii' }), (text) => {
      const { document } = parseHTML(
        `<html><body><p title="${escapeHtml(text)}">${escapeHtml(text)}</p></body></html>`,
      )
      const paragraph = document.querySelector('p')
      expect(paragraph?.textContent).toBe(text)
      expect(paragraph?.getAttribute('title')).toBe(text)
    }),
  )
})
