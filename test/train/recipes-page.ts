/** The table of recipes as a page for users: docs/recipes.md is this text, written by `npx vitest run … -u`. */
import { BACKBONES, HEADS, SCALINGS } from '../../models/index.ts'
import { describePreprocessing } from '../../src/image/preprocess.ts'
import { preprocessingOf, type Recipe } from '../../src/train/recipes.ts'

export const recipesPage = (recipes: Readonly<Record<string, Recipe>>): string => `\
# The published recipes

What \`roentgen train --recipe NAME\` does unless an option says otherwise. The lines S0 to S4 are those of
[seeds.md](seeds.md). Weights are yours to give: \`--weights imagenet\` takes those that \`roentgen weights fetch BACKBONE\` brings,
\`--weights random\` begins without. Research use only, not for diagnosis.

This page is written from the table in \`src/train/recipes.ts\`: \`npx vitest run test/train/recipes.test.ts -u\`.

${Object.entries(recipes)
  .map(([name, recipe]) => section(name, recipe))
  .join('\n')}`

const section = (name: string, recipe: Recipe): string => `\
## ${name}

${recipe.source}: ${recipe.describe}.

| | |
| --- | --- |
${rowsOf(recipe)
  .map(([what, how]) => `| ${what} | ${how} |`)
  .join('\n')}

${recipe.notes.map((note) => `- ${note}`).join('\n')}
`

const rowsOf = (recipe: Recipe): [string, string][] => [
  ['film', describePreprocessing(preprocessingOf(recipe))],
  ['scaling', `\`${recipe.scaling}\`: ${SCALINGS[recipe.scaling].describe}${expected(recipe)}`],
  ['trunk', `\`${recipe.backbone}\`, ${frozen(recipe)}`],
  ['head', `\`${recipe.head}\`: ${HEADS[recipe.head].describe}`],
  ['augmentation', augmentationText(recipe)],
  [
    'training',
    `${recipe.epochs} epochs, ${recipe.batch} films a step, ${optimizerText(recipe)}, ${LOSSES[recipe.loss]}`,
  ],
  ['validation', `${recipe.validation} of the films, stratified`],
]

const LOSSES = {
  binary: 'binary cross-entropy for two classes, categorical for more',
  categorical: 'categorical cross-entropy',
} as const

const expected = ({ backbone, scaling }: Recipe): string => {
  const { scaling: published } = BACKBONES[backbone]
  return published === scaling ? '' : `; the published weights were trained with \`${published}\``
}

function frozen({ cutoff }: Recipe): string {
  if (cutoff === undefined) return 'all of it frozen'
  return cutoff < 0 ? `all but its last ${-cutoff} layers frozen` : `its first ${cutoff} layers frozen`
}

function augmentationText({ augmentation }: Recipe): string {
  if (augmentation === null) return 'none'
  const { rotationDegrees = 0, widthShift = 0, heightShift = 0, zoom = 0, flipX = false, fill } = augmentation
  const parts = [
    `rotation by up to ${rotationDegrees} degrees`,
    ...(widthShift > 0
      ? [`shifts by up to ${widthShift} of the width and ${heightShift} of the height`]
      : []),
    ...(zoom > 0 ? [`zoom by ${1 - zoom} to ${1 + zoom}, each axis on its own`] : []),
    ...(flipX ? ['half of the films mirrored left and right'] : []),
    `beyond the border \`${fill}\``,
  ]
  return parts.join(', ')
}

const optimizerText = ({ optimizer }: Recipe): string =>
  optimizer.name === 'sgd'
    ? `SGD at ${optimizer.learningRate} with momentum ${optimizer.momentum}`
    : `Adam at ${optimizer.learningRate}${optimizer.decay === 'none' ? '' : ', decay rate/epochs'}`
