/** A decoded film, and the description of what is done to its pixels before a model sees them. Types only. */

export interface Film {
  /** Pixels. */
  width: number
  height: number
  /** Grey films stay one channel until a model wants three. Alpha is dropped when a film is decoded. */
  channels: 1 | 3
  /** Stored bits a sample, 1..16; above 8 `pixels` is a Uint16Array. */
  bits: number
  /** Row-major, channels interleaved: `pixels[(y * width + x) * channels + c]`. */
  pixels: Uint8Array | Uint16Array
  /** Of a film in three channels that is only tinted, its luma, where that was asked for (DecodeOptions). */
  luma?: Uint8Array
  /** The path that it came from, as the user gave it. */
  source: string
  /** What a rule for bars took of it; absent where none took anything. */
  bars?: Bars
}

/** Lines that were taken from each side, in pixels. */
export interface Bars {
  left: number
  top: number
  right: number
  bottom: number
}

/** Rules for black bars (S2.2). */
export const BAR_RULES = ['hansen', 'robust'] as const
export type BarRule = (typeof BAR_RULES)[number]

/** Resampling kernels, named after the library whose pixels they give, within one grey level. */
export const KERNELS = [
  'cv2-linear',
  'cv2-area',
  'pil-bilinear',
  'pil-lanczos',
  'keras-nearest',
  'tf-bilinear',
] as const
export type Kernel = (typeof KERNELS)[number]

/** One step on the way from a film to the model's uint8 input; the list is the contract of training and scoring. */
export type Step =
  | { op: 'bars'; rule: BarRule }
  /** Maps [from, to] of the stored values to 0..255; without bounds the full range of the stored bits. */
  | { op: 'window'; from?: number; to?: number }
  | { op: 'fit'; how: 'stretch' | 'pad' | 'crop'; width: number; height: number; kernel: Kernel }
  /** 3 → 1 by the luma weights of Rec. 601 (0.299, 0.587, 0.114); 1 → 3 by copying. */
  | { op: 'channels'; count: 1 | 3; luma: 'rec601' }

/** `version` changes whenever the meaning of a step changes. */
export interface Preprocessing {
  version: 1
  steps: Step[]
}

/** What a model is given: uint8, row-major, interleaved (NHWC without N). */
export interface Pixels {
  width: number
  height: number
  channels: 1 | 3
  pixels: Uint8Array
}

/** A film ready for a model. */
export interface Prepared extends Pixels {
  /** What was taken as bars, in pixels of the film; null where the preprocessing does not look for them. */
  bars: Bars | null
}
