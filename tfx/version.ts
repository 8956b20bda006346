/** The TFX release whose artifact formats and layout are followed; recorded on each artifact as `tfx_version`. */
export const TFX_VERSION = "1.22.0";
