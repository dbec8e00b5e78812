/** What holds where a manifest names no namespace. */

/** The namespace of a manifest that names none. */
export const DEFAULT_NAMESPACE = "default";
