/** One HTML page that carries all it shows: no script, no network, nothing that is not escaped. A content security
 *  policy says so to the browser, too, since file names and labels are other people's text. */
import { createHash } from 'node:crypto'
import type { Picture } from './plot.ts'

/** Stands on every page and in every report. */
export const RESEARCH_ONLY = 'Research use only, not for diagnosis.'

/** One thing of a section; all text is plain text. */
type Part =
  | { text: string }
  /** Text as a terminal shows it. */
  | { terminal: string }
  | { list: readonly string[] }
  /** Cells that are numbers stand to the right. */
  | { table: { head: readonly string[]; rows: readonly (readonly (string | number)[])[] } }
  | { picture: Picture; alt: string }
  | { png: Uint8Array; alt: string }

export interface Page {
  title: string
  sections: readonly { heading: string; parts: readonly Part[] }[]
}

const STYLE = `
:root { color-scheme: light; }
body { margin: 0 auto; padding: 1rem; max-width: 64rem; background: #fff; color: #222;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0.5rem 0 1rem; }
h2 { font-size: 1.2rem; margin: 2rem 0 0.5rem; border-bottom: 1px solid #ccc; }
.notice { padding: 0.5rem 0.75rem; background: #fff4d6; border-left: 4px solid #b07d00; font-weight: 600; }
img { max-width: 100%; height: auto; vertical-align: top; }
.wide { overflow-x: auto; }
pre { font: 13px/1.4 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; margin: 0.5rem 0; padding: 0.75rem;
  background: #f5f6f8; white-space: pre-wrap; }
table { border-collapse: collapse; font-size: 0.9rem; overflow-wrap: normal; }
th, td { padding: 0.25rem 0.6rem; border-bottom: 1px solid #ddd; text-align: left; vertical-align: top; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
thead th { border-bottom: 2px solid #999; }
@media (max-width: 50rem) { pre { white-space: pre; overflow-wrap: normal; width: max-content; min-width: calc(100% - 1.5rem); } }
@media print { body { max-width: none; } pre { white-space: pre-wrap; width: auto; } }
`

/** The page as text; the same parts give the same text. */
export function pageOf({ title, sections }: Page): string {
  const styleHash = createHash('sha256').update(STYLE).digest('base64')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
<p class="notice">${RESEARCH_ONLY}</p>
${sections.map(({ heading, parts }) => `<section>\n<h2>${escapeHtml(heading)}</h2>\n${parts.map(partHtml).join('\n')}\n</section>`).join('\n')}
</body>
</html>
`
}

/** Text that stays text in an element or a quoted attribute. */
export const escapeHtml = (text: string): string =>
  text
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/'/g, '&#39;')

/** Kind of part → its HTML. */
const PARTS: { [Key in keyof PartOf]: (value: PartOf[Key], part: Part) => string } = {
  text: (text) => `<p>${escapeHtml(text)}</p>`,
  terminal: (text) => `<div class="wide"><pre>${escapeHtml(text)}</pre></div>`,
  list: (items) => `<ul>\n${items.map((item) => `<li>${escapeHtml(item)}</li>`).join('\n')}\n</ul>`,
  table: ({ head, rows }) => {
    const numeric = head.map(
      (_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'),
    )
    const cells = (tag: 'th' | 'td', row: readonly (string | number)[]): string =>
      row
        .map(
          (cell, i) => `<${tag}${numeric[i] ? ' class="number"' : ''}>${escapeHtml(String(cell))}</${tag}>`,
        )
        .join('')
    return `<div class="wide"><table><thead><tr>${cells('th', head)}</tr></thead><tbody>\n${rows
      .map((row) => `<tr>${cells('td', row)}</tr>`)
      .join('\n')}\n</tbody></table></div>`
  },
  picture: ({ svg, width, height }, part) =>
    image(`data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`, part, { width, height }),
  png: (bytes, part) => image(`data:image/png;base64,${Buffer.from(bytes).toString('base64')}`, part),
}

type PartOf = { [P in Part as Exclude<keyof P, 'alt'>]: P[Exclude<keyof P, 'alt'> & keyof P] }

function partHtml(part: Part): string {
  const [kind, value] = Object.entries(part)[0] as [keyof PartOf, never]
  return PARTS[kind](value, part)
}

function image(source: string, part: Part, size: { width?: number; height?: number } = {}): string {
  const alt = 'alt' in part ? part.alt : ''
  const sizes = Object.entries(size).map(([name, value]) => ` ${name}="${value}"`)
  return `<img src="${source}" alt="${escapeHtml(alt)}"${sizes.join('')}>`
}
