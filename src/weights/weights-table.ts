/** Which published file a network's weights are in. */
import { RoentgenError } from '../../errors.ts'
import { PUBLISHED } from './published.ts'

/** A file of ImageNet weights at its published address. */
export interface PublishedFile {
  backbone: string
  /** Of the widths that are published; the others have none. */
  alpha?: number
  /** Pixels a side that it was trained with, where there are several. */
  size?: number
  /** With the classifier of ImageNet. */
  top: boolean
  url: string
  /** 32 hexadecimal digits; null where none is published. */
  md5: string | null
}

export interface WeightsWish {
  backbone: string
  /** [1] */
  alpha?: number | undefined
  /** Pixels a side [224] */
  size?: number | undefined
  /** [without] */
  top?: boolean | undefined
}

/** Those that Keras takes for sizes that it has no weights of. */
const DEFAULT_SIZE = 224

/** The backbones that have published weights. */
export const publishedNames = (): string[] => [...new Set(PUBLISHED.map(({ backbone }) => backbone))]

/** The file of a network. Where weights were trained at several sizes and none at this one, it is that of 224 pixels, as
 *  in Keras.
 *  @throws ROE_WEIGHTS_FETCH where none is published */
export function publishedFile({ backbone, alpha = 1, size, top = false }: WeightsWish): PublishedFile {
  const files = PUBLISHED.filter((file) => file.backbone === backbone && file.top === top)
  if (files.length === 0) throw none(backbone, `no weights are published for it in a form that is read here`)
  const wide = files.filter((file) => (file.alpha ?? 1) === alpha)
  const sized = (wanted: number | undefined) => wide.find((file) => file.size === wanted)
  const found = wide.length === 1 ? wide[0] : (sized(size) ?? sized(DEFAULT_SIZE))
  if (found !== undefined) return found
  const alphas = [...new Set(files.map((file) => file.alpha ?? 1))].join(', ')
  throw none(backbone, `no weights are published for alpha ${alpha}; there are some for ${alphas}`)
}

/** `vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5` */
export const fileName = ({ url }: PublishedFile): string => url.slice(url.lastIndexOf('/') + 1)

const none = (where: string, problem: string): RoentgenError =>
  new RoentgenError('ROE_WEIGHTS_FETCH', {
    where,
    problem,
    advice: `there are some for ${publishedNames().join(', ')}; others are given as files: --weights FILE`,
  })
