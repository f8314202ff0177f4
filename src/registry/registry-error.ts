import { StartError } from '../core/errors.ts'

/** Thrown when the registry cannot be opened. The message is a sentence that says what to do. */
export class RegistryError extends StartError {
  constructor(message: string, options?: { readonly cause?: unknown; readonly mayPass?: boolean }) {
    super(message, options)
    this.name = 'RegistryError'
  }
}
