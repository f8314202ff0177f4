// What the doctor knows of a host before it judges. Gathered by `gather/`; tests make it up. Null: it could not be seen, and
// checks that need it say nothing.

export interface MachineFacts {
  /** As Node spells it, e.g. `x64`. */
  readonly arch: string
  /** As `uname -r`. */
  readonly kernel: string
  /** The text of /proc/version: whose build the kernel is. */
  readonly kernelBuild: string
  /** The C library's version, e.g. `2.36`; null: it is another one, or unknown. */
  readonly glibc: string | null
  /** Of a Raspberry Pi; empty for other machines. */
  readonly piModel: string
  /** What the kernel was started with. */
  readonly commandLine: string
  /** Whether the modules of the running kernel are on the disk; null: this kernel has none. */
  readonly hasModules: boolean | null
  readonly memoryBytes: number | null
  readonly availableBytes: number | null
  readonly swapBytes: number
  readonly forwards: boolean | null
  /** Names of network interfaces. */
  readonly interfaces: readonly string[]
  /** The firewall `ufw` is switched on. */
  readonly hasUfw: boolean
  /** The bits of the firmware of a Raspberry Pi; null: none. */
  readonly throttled: number | null
  /** The daemon, or who looks for it, is in a container itself. */
  readonly isContainer: boolean
  readonly nowMs: number
  /** When the newest file of the program was written. */
  readonly programMs: number | null
}

/** Of `/version` and `/info` of the engine. */
export interface EngineFacts {
  readonly address: string
  /** Code of the system, or a sentence, when it could not be asked; empty: it answered. */
  readonly problem: string
  readonly name: string
  readonly version: string
  readonly apiVersion: string
  readonly minApiVersion: string
  /** As the kernel spells it, e.g. `x86_64`. */
  readonly arch: string
  readonly kernel: string
  readonly memoryBytes: number | null
  readonly cgroupVersion: string
  readonly limitsMemory: boolean
  readonly limitsProcesses: boolean
  readonly liveRestore: boolean
  readonly isRootless: boolean
  /** Names of its parts, e.g. `Podman Engine`. */
  readonly components: readonly string[]
  readonly operatingSystem: string
  readonly root: string
  readonly storageDriver: string
}

export interface FolderFacts {
  readonly path: string
  /** Null: it is not there. */
  readonly uid: number | null
  readonly mode: number
  /** Magic number of its file system (statfs(2)). */
  readonly fileSystem: number
  readonly freeBytes: number
  readonly totalBytes: number
  readonly freeInodes: number
  readonly totalInodes: number
  /** This user may write there. */
  readonly isWritable: boolean
}

/** Which settings count for a look from outside. */
export interface SettingFacts {
  /** What is wrong with them, a line each. */
  readonly problems: readonly string[]
  readonly listenHost: string
  readonly functionPort: number
  readonly instance: string
  /** `SAMPAN_WATCHDOG_DIR`, and where the watchdogs are looked for. */
  readonly watchdogDir: string | null
  readonly watchdogPath: string
  /** `SAMPAN_RUNTIME_DIR`, or null. */
  readonly runtimeDir: string | null
  readonly isAsync: boolean
  readonly isForeignNats: boolean
}

/** Of a file in the data folder, without its content. */
export interface KeptFacts {
  /** Version of the registry's file; null: none, or not looked at while the daemon has it. */
  readonly registryVersion: number | null
  readonly knownVersion: number
  readonly keyBytes: number | null
  /** Copies of the registry that migrations left. */
  readonly registryCopies: readonly string[]
}

/** What only a running daemon knows. */
export interface DaemonFacts {
  readonly queue: {
    readonly isUp: boolean
    readonly reason: string
    readonly warnings: readonly string[]
  } | null
  readonly deadLetters: number | null
  readonly deadLetterLimit: number
  readonly spool: { readonly usedBytes: number; readonly limitBytes: number } | null
  readonly failing: readonly string[]
  /** Functions by name with their namespace, as labels of containers have them. */
  readonly functions: readonly string[]
  /** `NAME.NAMESPACE` of each container of this instance; null: the engine did not say. */
  readonly containers: readonly string[] | null
}

/** The service, as systemd has it; null: there is none. */
export interface ServiceFacts {
  readonly state: string
  readonly restarts: number
  readonly exitStatus: number
}

export interface Facts {
  readonly machine: MachineFacts
  readonly engine: EngineFacts
  readonly data: FolderFacts
  readonly runtime: FolderFacts | null
  /** Where the engine keeps images and containers; null: not on this host, or not visible. */
  readonly engineDisk: FolderFacts | null
  readonly settings: SettingFacts
  readonly kept: KeptFacts
  /** Architectures, as Go spells them, that a watchdog is there for. */
  readonly watchdogs: readonly string[]
  /** The binding of SQLite loads; null: not tried. */
  readonly binding: { readonly isFine: boolean; readonly problem: string } | null
  readonly service: ServiceFacts | null
  readonly daemon: DaemonFacts | null
}
