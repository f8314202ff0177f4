/** Thrown when the registry cannot be opened. The message is a sentence that says what to do. */
export class RegistryError extends Error {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.name = 'RegistryError'
  }
}
