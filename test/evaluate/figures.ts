/** The figures that other libraries gave (test/fixtures/evaluate/make_fixtures.py), typed. */
import { readFileSync } from 'node:fs'

export interface Figures {
  reports: {
    name: string
    labels: string[]
    matrix: number[][]
    report: string
    balancedAccuracy: number | null
  }[]
  wilson: { count: number; of: number; interval: [number, number] }[]
  clustered: {
    outcomes: number[]
    patients: string[]
    designEffect: number
    effective: number
    interval: [number, number]
  }[]
  areas: { scores: number[]; truth: number[]; auc: number; variance: number }[]
  patientAreas: {
    scores: number[]
    truth: number[]
    patients: string[]
    auc: number
    /** Variance with films as independent (DeLong), and by patient (Obuchowski). */
    films: number
    variance: number
  }[]
}

export const FIGURES = JSON.parse(
  readFileSync(new URL('../fixtures/evaluate/figures.json', import.meta.url), 'utf8'),
) as Figures
