/** What the page and the blurring worker say to each other. */

export type BlurCommand =
  /** Frames come from the one and go to the other. */
  | { readonly type: "stream"; readonly readable: ReadableStream<VideoFrame>; readonly writable: WritableStream<VideoFrame> }
  /** Pictures are asked for one by one, where the browser has no such streams. */
  | { readonly type: "pictures" }
  | { readonly type: "picture"; readonly picture: ImageBitmap };

export type BlurReport =
  /** The first blurred picture is out. */
  | { readonly type: "began" }
  /** The next picture is due. */
  | { readonly type: "next" }
  | { readonly type: "picture"; readonly picture: ImageBitmap }
  /** Nothing comes out any more. */
  | { readonly type: "ended"; readonly reason: BlurEnd };

/** Why there is no blurred picture: this computer is too slow for it, or something went wrong. */
export type BlurEnd = "blur_too_slow" | "blur_failed";
