/** What makes the figures of an evaluation doubtful, as a list whose advice depends on the data at hand. */
import { RESEARCH_ONLY } from '../report/page.ts'
import { sum } from './confusion.ts'
import type { Evaluation, EvaluationInput, Warning, WarningCode } from './evaluation.ts'
import type { FindingsEvaluation, FindingsInput } from './findings-evaluation.ts'
import { plural } from './number-text.ts'

/** Even nine right of nine have an interval from 0.70. */
const FEW_FILMS = 10

type Facts = Omit<Evaluation, 'warnings'>
type FindingsFacts = Omit<FindingsEvaluation, 'warnings'>

/** Code → its sentences, none where it does not apply. */
type Table<Of, Input> = Partial<Record<WarningCode, (facts: Of, input: Input) => string[]>>

/** Of any evaluation: before what is said of its labels. */
const ABOUT_FILMS: Table<Facts | FindingsFacts, EvaluationInput | FindingsInput> = {
  data: ({ about }) => [...about.notes],
  'films-failed': ({ failed, films }) =>
    failed.length === 0
      ? []
      : [
          `${failed.length} of ${plural(films + failed.length, 'film')} failed and ${failed.length === 1 ? 'is' : 'are'} in no figure.`,
        ],
  unmatched: ({ unmatched: { withoutScore, withoutLabel } }) => [
    ...(withoutScore.length === 0
      ? []
      : [`${plural(withoutScore.length, 'labelled film')} without a score.`]),
    ...(withoutLabel.length === 0 ? [] : [`${plural(withoutLabel.length, 'scored film')} without a label.`]),
  ],
  copies: ({ copies, films, withoutCopies }) =>
    copies.length === 0
      ? []
      : [
          `${copies.length} of ${plural(films, 'test film')} ${copies.length === 1 ? 'has a copy' : 'have copies'} among the training films, so the figures of all films are too good; ${
            withoutCopies === null ? 'without them no film is left.' : 'look at those without them.'
          }`,
        ],
  'copies-unknown': (_, { copies }) =>
    copies === null
      ? [
          'The training films are not known here, so nobody looked for copies of them among the test films; evaluate with -m and a model that roentgen trained.',
        ]
      : [],
}

/** Where each film is of one class. */
const ABOUT_CLASSES: Table<Facts, EvaluationInput> = {
  'class-absent': ({ all }) =>
    all.classes
      .filter(({ support }) => support === 0)
      .map(({ label }) => `There is no test film of ${label}: its recall is unknown (0.00 in the report).`),
  'never-predicted': ({ all }) =>
    all.classes
      .filter(({ precision }) => precision === null)
      .map(({ label }) => `No film was called ${label}: its precision is undefined (0.00 in the report).`),
  'few-films': ({ all }) =>
    all.classes
      .filter(({ support }) => support > 0 && support < FEW_FILMS)
      .map(
        ({ label, support }) =>
          `Only ${plural(support, 'film')} of ${label}: its figures are hardly more than anecdotes.`,
      ),
}

/** Where a film may have several labels. */
const ABOUT_FINDINGS: Table<FindingsFacts, FindingsInput> = {
  'few-films': ({ all }) =>
    all
      .filter(({ positives, known }) => Math.min(positives, known - positives) < FEW_FILMS)
      .map(
        ({ label, positives, known }) =>
          `Only ${plural(positives, 'film')} with ${label} and ${known - positives} without: its figures are hardly more than anecdotes.`,
      ),
  'unknown-labels': ({ all, films, labels }) => {
    const unknown = sum(all.map(({ known }) => films - known))
    return unknown === 0
      ? []
      : [
          `${unknown} of ${films * labels.length} labels of films are unknown and in no figure; films of which a label is known may be others than those of which it is not.`,
        ]
  },
}

/** Of any evaluation: behind that. */
const ABOUT_PATIENTS: Table<Facts | FindingsFacts, EvaluationInput | FindingsInput> = {
  'no-patients': ({ patients }) =>
    patients === null
      ? [
          'Nothing says which films are of one patient, so the intervals take all films as independent and are too narrow if some are not; give a CSV with a patient column.',
        ]
      : [],
  'some-patients': ({ patients }, { rows }) => {
    const unknown = rows.filter(({ patient }) => patient === null).length
    return patients === null || unknown === 0
      ? []
      : [`${plural(unknown, 'film')} without a patient; each counts as a patient of its own.`]
  },
  borders: () => [
    'On public sets the border of a film alone, no lung in it, has told such classes apart at about 0.85: part of any accuracy on them may be that.',
  ],
  'research-only': () => [RESEARCH_ONLY],
}

/** All warnings that apply, in the order of the tables. */
export const warningsOf = (facts: Facts, input: EvaluationInput): Warning[] => [
  ...told(ABOUT_FILMS, facts, input),
  ...told(ABOUT_CLASSES, facts, input),
  ...told(ABOUT_PATIENTS, facts, input),
]

/** The same where a film may have several labels. */
export const findingsWarnings = (facts: FindingsFacts, input: FindingsInput): Warning[] => [
  ...told(ABOUT_FILMS, facts, input),
  ...told(ABOUT_FINDINGS, facts, input),
  ...told(ABOUT_PATIENTS, facts, input),
]

const told = <Of, Input>(table: Table<Of, Input>, facts: Of, input: Input): Warning[] =>
  (Object.keys(table) as WarningCode[]).flatMap((code) =>
    (table[code]?.(facts, input) ?? []).map((text) => ({ code, text })),
  )
