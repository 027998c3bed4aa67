/** The table of commands, in the order of the help. A command's file is loaded when it is called: tfjs alone takes
 *  longer to load than most commands run. */
import type { Command } from './command.ts'

interface ActionRow {
  /** With its positionals, as yargs writes them: `score <folder>`. */
  name: string
  describe: string
  /** Options that may be given several times, by all their names. */
  lists?: readonly string[]
  load: () => Promise<{ default: Command }>
}

/** A command does something, or it has actions, each with options of its own (`dataset build`), or both. */
export type CommandRow =
  | (ActionRow & { actions?: readonly ActionRow[] })
  | (Omit<ActionRow, 'load'> & { actions: readonly ActionRow[] })

export const COMMANDS: readonly CommandRow[] = [
  {
    name: 'demo',
    describe: 'run the whole chain on made-up films, in under two minutes',
    load: () => import('./demo.ts'),
  },
  {
    name: 'dataset',
    describe: 'build, look at, split or make up sets of labelled films',
    actions: [
      {
        name: 'build',
        describe: 'build a published set from metadata.csv of covid-chestxray and folders of other films',
        load: () => import('./dataset/build.ts'),
      },
      {
        name: 'inspect <data>',
        describe:
          'show what a set is made of: sizes, formats, copies, what betrays the class; grids of its films',
        load: () => import('./dataset/inspect.ts'),
      },
      {
        name: 'split <data>',
        describe: 'divide labelled films into train, test and val, patients and copies kept together',
        load: () => import('./dataset/split.ts'),
      },
      {
        name: 'synth',
        describe: 'make up films of chests, with and without opacities, and say where these are',
        load: () => import('./dataset/synth.ts'),
      },
    ],
  },
  {
    name: 'train',
    describe: 'train a published recipe on labelled films and export one ONNX file',
    lists: ['sweep'],
    load: () => import('./train.ts'),
  },
  {
    name: 'convert <models..>',
    describe: 'turn tfjs and Keras models into ONNX files, each compared with its original before it is kept',
    load: () => import('./convert.ts'),
  },
  {
    name: 'verify <a> <b>',
    describe: 'compare what two models give, of tfjs, Keras or ONNX, on random inputs or given ones',
    load: () => import('./verify.ts'),
  },
  {
    name: 'inspect <file>',
    describe:
      'show what a model is made of: inputs, outputs, layers or operators, parameters, GMACs, metadata',
    load: () => import('./inspect.ts'),
  },
  {
    name: 'score [films..]',
    describe: 'score films, folders or lists of films: one row a film, a ledger of those that failed',
    lists: ['model', 'm', 'threshold'],
    load: () => import('./score.ts'),
  },
  {
    name: 'merge <tables..>',
    describe: 'put the scores of all shards, or of several runs, into one table; no film is missing or twice',
    load: () => import('./merge.ts'),
  },
  {
    name: 'compare <a> <b>',
    describe: 'compare two tables of scores: labels that flip, films that differ, largest differences',
    load: () => import('./compare.ts'),
  },
  {
    name: 'evaluate',
    describe: 'compare scores with labels: report, confusion matrix, intervals, copies of training films',
    load: () => import('./evaluate.ts'),
  },
  {
    name: 'explain [films..]',
    describe:
      'show what a model looked at: activation maps over films, 25 on one sheet, a table of their maxima',
    load: () => import('./explain.ts'),
  },
  {
    name: 'bench [films]',
    describe: 'measure backbones and models: latency, films a second, cold start, CPU and memory',
    lists: ['model', 'm'],
    load: () => import('./bench.ts'),
    actions: [
      {
        name: 'compare <old> <new>',
        describe: 'say what became slower or faster from one result to another, and what is chance',
        load: () => import('./bench/compare.ts'),
      },
    ],
  },
  {
    name: 'preview <film>',
    describe: 'write what a model sees of a film, after preprocessing, as PNG',
    load: () => import('./preview.ts'),
  },
  {
    name: 'native <action> [part]',
    describe: 'install, list or remove native parts: TensorFlow, which trains many times faster',
    load: () => import('./native.ts'),
  },
  {
    name: 'weights <action> [name]',
    describe: 'fetch the published ImageNet weights of a backbone, list them, or say where one lies',
    load: () => import('./weights.ts'),
  },
  {
    name: 'doctor [films]',
    describe: 'show versions, providers and engines, and what to do about each that is missing',
    load: () => import('./doctor.ts'),
  },
  {
    name: 'errors',
    describe: 'list the error codes, when each is given, and its exit status',
    load: () => import('./errors.ts'),
  },
]
