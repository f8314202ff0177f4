/** A function of a stack file. Texts are as they stand in the file, after `${VARIABLES}` were replaced. */
export interface StackFunction {
  readonly name: string
  readonly lang: string
  /** Folder of the handler, relative to the working directory, as in faas-cli. */
  readonly handler: string
  readonly image: string
  readonly fprocess: string
  readonly environment: Readonly<Record<string, string>>
  readonly environmentFiles: readonly string[]
  readonly secrets: readonly string[]
  readonly skipBuild: boolean
  /** Null: the file does not say, so flags may. */
  readonly constraints: readonly string[] | null
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly limits: ResourceTexts
  readonly requests: ResourceTexts
  readonly readOnlyRootFilesystem: boolean
  readonly buildOptions: readonly string[]
  readonly buildArgs: Readonly<Record<string, string>>
  /** Id of the secret to the file that has it. */
  readonly buildSecrets: Readonly<Record<string, string>>
  readonly platforms: string
  readonly namespace: string
}

export interface ResourceTexts {
  readonly memory: string
  readonly cpu: string
}

/** What a stack file says (cli.md 4.1). */
export interface StackFile {
  /** As the user would name it. */
  readonly path: string
  /** `provider.gateway`; empty when it does not say. */
  readonly gateway: string
  /** In the order of the file. */
  readonly functions: readonly StackFunction[]
  readonly templates: readonly { readonly name: string; readonly source: string }[]
  readonly copy: readonly string[]
}
